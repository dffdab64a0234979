import { deploy } from "./deploy.ts";
import { DeployError } from "./deploy-error.ts";
import { webhook } from "./webhook.ts";

const USAGE = `npm run deploy                  put the router on Cloudflare, or update it there
npm run deploy -- --dry-run     everything but the upload
npm run webhook -- set          let Telegram deliver to the router
npm run webhook -- info         say how that goes
npm run webhook -- delete       let Telegram deliver nothing
`;

async function main(argv: readonly string[]): Promise<number> {
  try {
    switch (argv.join(" ")) {
      case "deploy":
        await deploy(process.env, { dryRun: false });
        return 0;
      case "deploy --dry-run":
        await deploy(process.env, { dryRun: true });
        return 0;
      case "webhook set":
        await webhook(process.env, "set");
        return 0;
      case "webhook info":
        await webhook(process.env, "info");
        return 0;
      case "webhook delete":
        await webhook(process.env, "delete");
        return 0;
      default:
        process.stderr.write(USAGE);
        return 2;
    }
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
