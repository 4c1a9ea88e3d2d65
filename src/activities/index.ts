import { createAccessActivities } from './access.ts';
import { beating } from './beat.ts';
import { createBootActivities } from './boot.ts';
import type { Dependencies } from './dependencies.ts';
import { createDescribePlanActivities } from './describe-plan.ts';
import { createDiskAnswerActivities } from './disk-answer.ts';
import { createFinishJobsActivities } from './finish-jobs.ts';
import { createFirstBootActivities } from './first-boot.ts';
import { createGlanceActivities } from './glance.ts';
import { createHarvestActivities } from './harvest.ts';
import { createInspectActivities } from './inspect.ts';
import { createInstallActivities } from './install.ts';
import { createKeysActivities } from './keys.ts';
import { createMayBootActivities } from './may-boot.ts';
import { createParkedActivities } from './parked.ts';
import { createPreflightActivities } from './preflight.ts';
import { createRecogniseActivities } from './recognise.ts';
import { createRepartitionActivities } from './repartition.ts';
import { createRescueActivities } from './rescue.ts';
import { createResetActivities } from './reset.ts';
import { createSettingsActivities } from './settings.ts';
import { createShowSettingsActivities } from './show-settings.ts';
import { createVerifyActivities } from './verify.ts';

/** All activities of a worker over what it was composed of. */
export function createActivities(dependencies: Dependencies) {
  return beating({
    ...createPreflightActivities(dependencies),
    ...createAccessActivities(dependencies),
    ...createSettingsActivities(dependencies),
    ...createShowSettingsActivities(dependencies),
    ...createRescueActivities(dependencies),
    ...createResetActivities(dependencies),
    ...createParkedActivities(dependencies),
    ...createGlanceActivities(dependencies),
    ...createDescribePlanActivities(dependencies),
    ...createRecogniseActivities(dependencies),
    ...createFinishJobsActivities(dependencies),
    ...createInspectActivities(dependencies),
    ...createInstallActivities(dependencies),
    ...createBootActivities(dependencies),
    ...createDiskAnswerActivities(dependencies),
    ...createFirstBootActivities(dependencies),
    ...createMayBootActivities(dependencies),
    ...createKeysActivities(dependencies),
    ...createHarvestActivities(dependencies),
    ...createRepartitionActivities(dependencies),
    ...createVerifyActivities(dependencies),
  });
}

/** What workflows see of them: types only. */
export type Activities = ReturnType<typeof createActivities>;
