/** The environment as a process gets it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that override the configuration file. They hold a secret: no child of ours may inherit them. */
export const CONFIG_VARIABLES = ["CCR_WORKER_URL", "CCR_MACHINE_ID", "CCR_MACHINE_KEY"] as const;

/** The environment for a child process: without what is ours to know. */
export function childEnvironment(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !CONFIG_VARIABLES.some((secret) => secret === name)) kept[name] = value;
  }
  return kept;
}
