/** A command line that makes no sense. The message says what is wrong; its exit status is 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

export const USAGE = `ccr-agent: answer the programs on this machine from Telegram

  ccr-agent pair URL CODE        enrol this machine; the bot answers /pair NAME with the whole line
  ccr-agent start                the daemon: keeps this machine connected to its router
  ccr-agent run [--label L] [--session ID] -- COMMAND …
                                 run a program as a session that can be typed into from the phone
  ccr-agent notify [--session S] [--button LABEL=ACTION]… [--sign SIGN] [--silent] [--markdown] TEXT
                                 send a message to the phone ("-" reads it from the standard input);
                                 actions: continue, yes, no, exit, or text to type; signs: done (✅),
                                 question (❓), warning (⚠️), info (💬)
  ccr-agent hooks install | uninstall | status
                                 what Claude Code calls, so that its sessions appear by themselves
  ccr-agent status               online, or offline and why; sessions and queues
  ccr-agent --help | --version

Environment: CCR_WORKER_URL, CCR_MACHINE_ID and CCR_MACHINE_KEY override the configuration file
($XDG_CONFIG_HOME/ccr-agent/config.json). $XDG_STATE_HOME/ccr-agent holds the journal.

Exit status: 0 done, 1 failed, 2 wrong usage. \`start\` ends with 78 where only a person can help
(unpaired, replaced by another agent, no common protocol, no usable configuration): a service must not restart it then.
`;
