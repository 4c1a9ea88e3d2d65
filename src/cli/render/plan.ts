import type { ServerPlan } from '../../run/server-plan.ts';
import { actionLines } from './actions.ts';
import { diskFacts, layoutLines } from './disk.ts';
import { labelledLines, type Fact } from './labelled.ts';
import { paragraph, wrap } from './text.ts';
import type { View } from './view.ts';

/** What a run of the spec at `path` would do, in the order in which a person asks. */
export function planLines(plan: ServerPlan, path: string, view: View): string[] {
  const place = `${plan.service} (${plan.provider}, account ${plan.account})`;
  return [
    ...wrap(`${plan.server} on ${place}`, view.columns).map((line) => view.paint('bold', line)),
    ...wrap(effortWords(plan), view.columns),
    '',
    ...labelledLines(factsOf(plan), view),
    ...plan.warnings.flatMap((text) => ['', ...paragraph(`! ${text}`, view.columns, '  ')]),
    '',
    ...nextLines(plan, path, view),
  ];
}

function effortWords({ apply, boots, minutes, reached }: ServerPlan): string {
  if (boots.length === 0) return 'as the spec says already: a run would only verify it';
  const count = boots.length === 1 ? '1 boot' : `${boots.length} boots`;
  const from = reached === 'nothing' ? '' : ', going on from an earlier run';
  return `${apply}: ${count}, about ${minutes.all} min${from}`;
}

function factsOf(plan: ServerPlan): Fact[] {
  const { image } = plan;
  return [
    text('server', serverWords(plan)),
    text('answers', answeringWords(plan)),
    ...diskOrLayout(plan),
    text('image', `Flatcar ${image.channel} ${image.version}, sha512 ${shortened(image.sha512)}`),
    text('', `signature good, primary key ${shortened(image.signedBy)}`),
    ...(plan.boots.length === 0 ? [] : [text('boots', bootWords(plan)), ...settingsFact(plan)]),
    ...unknownFact(plan),
  ];
}

/** Both ends of it, for a person to compare; `--json` has all of it. */
function shortened(hex: string): string {
  return `${hex.slice(0, 8)}…${hex.slice(-8)}`;
}

function text(label: string, words: string): Fact {
  return [label, (columns) => wrap(words, columns)];
}

function serverWords({ machine, datacenter, address }: ServerPlan): string {
  return [machine, datacenter, address].filter((word) => word !== null).join(' · ');
}

function answeringWords({ answering, address, reached }: ServerPlan): string {
  switch (answering.kind) {
    case 'silent':
      return `nothing on ${address}`;
    case 'stranger':
      return 'a system that knows no key of ironstep';
    case 'run-under-way':
      return 'a run of this server is under way and was not disturbed to look';
    case 'rescue':
      return answering.jobs.length === 0
        ? 'a rescue session of ironstep, which would be used'
        : `a rescue session of ironstep, where ${answering.jobs.join(', ')} of an earlier run ` +
            `still works: the disks were not read`;
    case 'rescue-left':
      return 'rescue was booted to look, and left again';
    case 'installed':
      return installedWords[reached];
  }
}

const installedWords: Record<ServerPlan['reached'], string> = {
  nothing: 'a system that ironstep installed, but not the one of this spec',
  image: 'the system of this spec; its layout is not made yet',
  everything: 'the system of this spec, layout and all',
};

/** The disk as it was read just now; else the provider's word and the layout that would be made. */
function diskOrLayout({ disk, disks, layout }: ServerPlan): Fact[] {
  if (disk !== null) return diskFacts(disk);
  const known = disks === null ? 'the provider says nothing of it' : `${disks}, says the provider`;
  return [text('disk', known), ['layout', (columns) => layoutLines(layout, columns)]];
}

function bootWords({ boots, minutes }: ServerPlan): string {
  const each = `about ${minutes.perBoot} min${boots.length === 1 ? '' : ' each'}`;
  const work = [
    ...(minutes.install === 0 ? [] : [`${minutes.install} min to install`]),
    ...(minutes.shrink === 0 ? [] : [`${minutes.shrink} min to shrink`]),
  ];
  return [`${boots.join(', ')} (${each})`, ...work].join(' + ');
}

function settingsFact({ settings }: ServerPlan): Fact[] {
  if (settings.length === 0) return [];
  const changes = settings.map(({ label, now, meanwhile }) => `${label} ${now} → ${meanwhile}`);
  return [text('settings', `${changes.join(', ')}; put back at the end`)];
}

function unknownFact({ answering, disk }: ServerPlan): Fact[] {
  if (disk !== null || answering.kind === 'run-under-way') return [];
  return [text('unknown', 'serial and contents of the disk, until rescue runs')];
}

function nextLines(plan: ServerPlan, path: string, view: View): string[] {
  const { wipe, disk, boots, server, answering } = plan;
  const dies = disk?.partitions.some(({ fate }) => fate === 'dies') ?? false;
  const command = `ironstep provision ${path}${wipe === null ? '' : ` --wipe ${wipe}`}`;
  const actions =
    answering.kind === 'run-under-way'
      ? [{ command: `ironstep watch ${server}`, effect: 'follow the run that is under way' }]
      : [{ command, effect: goAheadWords(boots.length, dies) }];
  if (answering.kind === 'silent' || answering.kind === 'stranger') {
    const look = `ironstep plan ${path} --rescue`;
    actions.push({ command: look, effect: 'see its disks first (a downtime)' });
  }
  const changed = answering.kind === 'rescue-left' ? 'written' : 'changed';
  return [`Nothing was ${changed}.`, ...actionLines(actions, view, '')];
}

function goAheadWords(boots: number, dies: boolean): string {
  if (boots === 0) return 'verify it all the same';
  return dies ? 'go ahead and destroy what dies' : 'go ahead';
}
