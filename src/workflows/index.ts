export { addKey } from './add-key.ts';
export { bootDisk } from './boot-disk.ts';
export { bootRescue } from './boot-rescue.ts';
export { lookInRescue } from './look-in-rescue.ts';
export { planServer } from './plan-server.ts';
export { provisionServer } from './provision-server.ts';
export { restoreProviderSettings } from './restore-settings.ts';
export { showSettings } from './show-settings.ts';
