export { planServer } from './plan-server.ts';
export { provisionServer } from './provision-server.ts';
