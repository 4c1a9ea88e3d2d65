export { provisionServer } from './provision-server.ts';
