import type { SettingView, SettingsView } from '../../run/settings-view.ts';
import { actionLines } from './actions.ts';
import { formatMoment } from './measures.ts';
import { paragraph, tableLines, wrap } from './text.ts';
import type { View } from './view.ts';

/** The provider's settings as they are, beside those before ironstep, and how to put them back. */
export function settingsLines(settings: SettingsView, view: View): string[] {
  const place = `${settings.service} (${settings.provider}, account ${settings.account})`;
  const rows = settings.settings.map(settingRow);
  return [
    ...wrap(`${settings.server} on ${place}`, view.columns).map((line) => view.paint('bold', line)),
    '',
    ...tableLines([['', 'now', 'before ironstep', ''], ...rows], {
      columns: view.columns,
      indent: '  ',
      flexible: [1, 2],
    }),
    ...settings.warnings.flatMap((text) => ['', ...paragraph(`! ${text}`, view.columns, '  ')]),
    '',
    ...nextLines(settings, view),
  ];
}

function settingRow({ label, now, before, changedBy }: SettingView): string[] {
  return [label, now, before ?? 'not known any more', changedBy === null ? '' : who[changedBy]];
}

const who: Record<NonNullable<SettingView['changedBy']>, string> = {
  run: 'set by a run',
  somebody: 'changed since',
};

function nextLines(settings: SettingsView, view: View): string[] {
  const { server, savedAt, runUnderWay, warnings } = settings;
  if (runUnderWay) {
    return [
      ...wrap('A run of this server is under way; it puts them back at its end.', view.columns),
      ...actionLines([{ command: `ironstep watch ${server}`, effect: 'follow it' }], view, ''),
    ];
  }
  if (savedAt === null && warnings.length === 0) return ['Nothing of ironstep is left in them.'];
  const saved =
    savedAt === null
      ? []
      : [
          `Saved ${formatMoment(savedAt, view.nowMs)}, before a run changed them; not put back since.`,
        ];
  return [
    ...saved.flatMap((line) => wrap(line, view.columns)),
    ...actionLines(
      [{ command: `ironstep settings restore ${server}`, effect: 'put them back' }],
      view,
      '',
    ),
  ];
}
