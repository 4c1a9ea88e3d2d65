/** One setting of the provider: as it is, and as it was before ironstep changed it. */
export type SettingView = {
  /** The provider's own name of it. */
  name: string;
  /** In a person's words: "boot target". */
  label: string;
  now: string;
  /** Null: nobody knows any more. */
  before: string | null;
  /** Why it is not as it was: a run set it, or somebody else did since. Null: it is as it was. */
  changedBy: 'run' | 'somebody' | null;
};

/** What `ironstep settings show` answers. */
export type SettingsView = {
  server: string;
  provider: string;
  service: string;
  account: string;
  /** ISO 8601: when a run saved them, before its first change. Null: none are saved. */
  savedAt: string | null;
  settings: SettingView[];
  /** A run of this server is under way: it puts them back itself. */
  runUnderWay: boolean;
  warnings: string[];
};
