import type { PlannedPartition, ServerPlan } from '../../run/server-plan.ts';
import { formatSize } from '../../spec/units.ts';
import { approvalLines } from './approval.ts';
import { paragraph, tableLines, wrap } from './text.ts';
import type { View } from './view.ts';

/** What a run of the spec at `path` would do, in the order in which a person asks. */
export function planLines(plan: ServerPlan, path: string, view: View): string[] {
  const place = `${plan.service} (${plan.provider}, account ${plan.account})`;
  const head = [`${view.paint('bold', plan.server)} on ${place}`, effortWords(plan)].join(' · ');
  return [
    ...wrap(head, view.columns),
    '',
    ...factLines(plan, view),
    ...(plan.disk === null ? [] : ['', ...approvalLines(plan.disk, view)]),
    ...unknownLines(plan, view),
    ...plan.warnings.flatMap((text) => ['', ...paragraph(`! ${text}`, view.columns, '  ')]),
    '',
    ...nextLines(plan, path, view),
  ];
}

function effortWords({ apply, boots, minutes }: ServerPlan): string {
  if (boots === 0) return 'nothing to install, it is only verified';
  return `${apply}: ${boots} boots, about ${minutes} min on such a server`;
}

function factLines(plan: ServerPlan, view: View): string[] {
  const { image, settings } = plan;
  const digest = `${image.sha512.slice(0, 4)}…${image.sha512.slice(-2)}`;
  const key = `${image.signedBy.slice(0, 8)}…${image.signedBy.slice(-8)}`;
  const changes = settings.map(({ name, now, meanwhile }) =>
    now === meanwhile ? `${name} stays ${now}` : `${name} ${now} → ${meanwhile}`,
  );
  const rows = [
    ['now', answeringWords(plan)],
    ['disk', diskWords(plan)],
    ['layout', plan.layout.map(partitionWords).join(' · ')],
    [
      'image',
      `Flatcar ${image.channel} ${image.version} · sha512 ${digest} · signature good (primary key ${key})`,
    ],
    ['settings', `changed, and put back at the end: ${changes.join(' · ')}`],
  ];
  return tableLines(rows, { columns: view.columns, indent: '  ', flexible: [1] });
}

function answeringWords({ answering }: ServerPlan): string {
  switch (answering.kind) {
    case 'nothing-known':
      return 'nothing answers that ironstep knows: an old system, or none';
    case 'run-under-way':
      return 'a run of this server is under way; it was not disturbed to look';
    case 'rescue':
      return 'a rescue session of ironstep is up';
    case 'installed':
      if (!answering.asSpecified) return 'a system that ironstep installed, by another spec';
      return answering.finished
        ? 'the system of this very spec'
        : 'the system of this spec; only the layout is still to be made';
  }
}

function diskWords({ disk, hardware }: ServerPlan): string {
  if (disk !== null) return `serial ${disk.serial}, read just now; see below`;
  return hardware === null
    ? 'the provider says nothing about it'
    : `${hardware} by the provider's data`;
}

function partitionWords({ name, sizeBytes, roughly, filesystem, mount }: PlannedPartition): string {
  const size = sizeBytes === null ? 'the rest' : formatSize(sizeBytes);
  const words = [name, roughly && sizeBytes !== null ? `about ${size}` : size, filesystem];
  return [...words, ...(mount === null || mount === '/' ? [] : [mount])].join(' ');
}

function unknownLines({ answering, disk }: ServerPlan, view: View): string[] {
  if (disk !== null || answering.kind === 'installed') return [];
  const text = 'Not known before rescue is up: serial and contents of the disk, firmware, tools.';
  return ['', ...paragraph(text, view.columns, '  ')];
}

function nextLines({ wipe, disk, boots }: ServerPlan, path: string, view: View): string[] {
  const command = `${view.program} provision ${path}`;
  const covered = wipe === null ? command : `${command} --wipe ${wipe}`;
  const dies = disk !== null && disk.fingerprint !== 'empty';
  return [
    'Nothing was changed.',
    ...(boots === 0 ? [] : [dies ? 'To go ahead, and destroy what dies:' : 'To go ahead:']),
    ...(boots === 0 ? [] : [`  ${view.paint('bold', covered)}`]),
  ];
}
