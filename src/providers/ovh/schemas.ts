import { z } from 'zod';

/*
 * What ironstep reads of OVH's answers, after its OpenAPI of 2025-10-02. That file requires no
 * field and OVH adds values to its enums, so objects are open, enums are text and nearly all of it
 * may be missing: an unknown word must not stop a run.
 */

const text = z.string().nullish();
const flag = z.boolean().nullish();
const quantity = z.looseObject({ unit: text, value: z.number().nullish() }).nullish();

/** A list of ids: tasks, netboots, interventions. */
export const idsSchema = z.array(z.number().int());

export const serverNamesSchema = z.array(z.string());

export const serverSchema = z.looseObject({
  ip: z.string(),
  datacenter: text,
  state: text,
  bootId: z.number().int().nullish(),
  bootScript: text,
  efiBootloaderPath: text,
  monitoring: flag,
  noIntervention: flag,
  rescueMail: text,
  rescueSshKey: text,
});

export const serviceSchema = z.looseObject({ status: text, expiration: text });

export const netbootSchema = z.looseObject({
  bootId: z.number().int(),
  bootType: text,
  kernel: text,
});

export const taskSchema = z.looseObject({
  taskId: z.number().int(),
  function: text,
  status: text,
  comment: text,
});

export const plannedInterventionSchema = z.looseObject({
  id: z.number().int(),
  status: text,
  type: text,
  wantedStartDate: text,
});

export const ongoingSchema = z.array(
  z.looseObject({ server: text, description: text, todoDate: text }),
);

/** POST …/authenticationSecret: its `password` is the id of a secret. */
export const accessSchema = z.array(z.looseObject({ type: text, user: text, password: text }));

/** POST /secret/retrieve. */
export const secretSchema = z.looseObject({ secret: z.string().min(1) });

/** GET /me/notification/email/history/{id} */
export const mailSchema = z.looseObject({ subject: text, date: text, body: text });

export const hardwareSchema = z.looseObject({
  description: text,
  processorName: text,
  bootMode: text,
  memorySize: quantity,
  diskGroups: z
    .array(
      z.looseObject({ diskSize: quantity, diskType: text, numberOfDisks: z.number().nullish() }),
    )
    .nullish(),
});

export type OvhServer = z.output<typeof serverSchema>;
export type OvhService = z.output<typeof serviceSchema>;
export type OvhNetboot = z.output<typeof netbootSchema>;
export type OvhTask = z.output<typeof taskSchema>;
export type OvhPlannedIntervention = z.output<typeof plannedInterventionSchema>;
export type OvhHardware = z.output<typeof hardwareSchema>;
