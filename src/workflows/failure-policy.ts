/**
 * Failures that asking again cannot mend; the class names of errors thrown by activities. What is
 * not listed is retried until the schedule-to-close timeout, and then a person is asked.
 */
export const neverRetried: string[] = [
  'ConfigRefused',
  'CredentialsInvalid',
  'CredentialsMissing',
  'DiskAmbiguous',
  'DiskNotFound',
  'DiskUnsuitable',
  'HostWorkFailed',
  'JobCrashed',
  'JobNeverStarted',
  'JobSuperseded',
  'LayoutDoesNotFit',
  'LeaseInvalid',
  'FileTooOpen',
  'MasterSecretDamaged',
  'MirrorsInvalid',
  'NoSystemOfOurs',
  'PreflightRefused',
  'ProviderAccessRefused',
  'ProviderBusy',
  'ProviderNotFound',
  'ProviderOutcomeUnknown',
  'ProviderRequestInvalid',
  'ProviderServiceBlocked',
  'RefusedOnHost',
  'ReleaseNotFound',
  'ResetTaskFailed',
  'ServerRebooted',
  'SettingsStoreDamaged',
  'ServerSilent',
  'SignatureRefused',
  'SshAuthRefused',
  'SshHostKeyMismatch',
  'SystemNotAsInstalled',
];

/**
 * Failures that only another spec, another disk or another image mends: they end a run as long as
 * nothing was written.
 */
export const refusals: ReadonlySet<string> = new Set([
  'DiskAmbiguous',
  'DiskNotFound',
  'DiskUnsuitable',
  'LayoutDoesNotFit',
  'NoSystemOfOurs',
  'RefusedOnHost',
]);

/** A run mends this one by itself: it proves again what answers, and looks at the phase anew. */
export const rebooted = 'ServerRebooted';
