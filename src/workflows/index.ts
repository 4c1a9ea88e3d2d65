export { addKey } from './add-key.ts';
export { bootDisk } from './boot-disk.ts';
export { bootRescue } from './boot-rescue.ts';
export { planServer } from './plan-server.ts';
export { provisionServer } from './provision-server.ts';
