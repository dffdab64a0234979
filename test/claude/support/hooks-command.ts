/** `ccr-agent hooks ACTION`, in a process and an environment of its own. */
import { hooks } from "../../../agent/commands/hooks.ts";

process.exit(await hooks(process.argv.slice(2)));
