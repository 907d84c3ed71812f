import { Argument, Command } from 'commander'
import { SCRIPTS, SHELLS, type Shell } from './scripts.ts'

/** `celery completion bash`: the script that has a shell complete this command. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('Print what has a shell complete this command, such as: eval "$(celery completion bash)"')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell])
    })
}
