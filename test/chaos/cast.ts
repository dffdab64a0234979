/** Who takes part in every chaos: people, machines, sessions. */

export const OWNER = 1001;
export const OTHER_OWNER = 1002;
/** Not in ALLOWED_USER_IDS. */
export const STRANGER = 6666;

export const MACHINES = ["devbox", "macbook", "server"] as const;
export type MachineId = (typeof MACHINES)[number];

export const OWNER_OF = { devbox: OWNER, macbook: OWNER, server: OTHER_OWNER } as const satisfies Record<
  MachineId,
  number
>;

/** Where each session starts. */
export const SESSIONS = {
  "desk-a": "devbox",
  "desk-b": "devbox",
  "lap-a": "macbook",
  "srv-a": "server",
} as const satisfies Record<string, MachineId>;
export type SessionName = keyof typeof SESSIONS;
export const SESSION_NAMES = ["desk-a", "desk-b", "lap-a", "srv-a"] as const satisfies readonly SessionName[];

/** A session that only asks: a program with hooks, and without a terminal. */
export const ASKER = { session: "asker", machine: "devbox", owner: OWNER } as const;

/** Who may command a session. */
export function ownerOf(session: SessionName): number {
  return OWNER_OF[SESSIONS[session]];
}
