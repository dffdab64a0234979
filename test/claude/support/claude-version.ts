/** The release of Claude Code that these tests speak to. Its screens and hooks are measured; another one may differ. */
export const CLAUDE_VERSION = "2.1.328";
