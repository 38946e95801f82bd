/** The command line: which commands there are, what they take, and what exit code each end has. */
import { Command, CommanderError } from 'commander'
import { version } from '../../package.json'
import { AppError } from '../../preload/errors'
import { compress } from './compress'
import { tellError } from './errors'
import { exportRun, importArchive } from './export'
import { engines, evaluate, runs } from './inspect'
import { likelihood } from './likelihood'
import * as takes from './options'
import { reportPage } from './report-page'
import { sample } from './sample'
import { sweep } from './sweep'
import { exitCode, harmless, printJson, type Terminal } from './terminal'
import { resume, train } from './train'
import { usageError } from './usage'

const aboutOwnRun = 'a run’s folder, its name in the result folder, or `latest`'
const aboutRun = `${aboutOwnRun}; or \`shipped\`, the model that comes with the app`

/** Runs a command to its end. Resolves with the exit code: 0 done, 1 failure, 2 bad usage, 130 interrupted. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCode.done
  const program = commands(terminal, async (command) => {
    code = await command
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (thrown) {
    const wrongWords = thrown instanceof CommanderError
    if (wrongWords && thrown.exitCode === 0) return exitCode.done
    const error = wrongWords ? usageError(thrown.message.replace(/^error: /, '')) : AppError.from(thrown)
    const details = args.includes('--details')
    if (args.includes('--json'))
      printJson(
        terminal,
        { type: 'failure', run: null, error: error.toData(), resumable: false, waits: false },
        { details },
      )
    // commander has written its own message
    return wrongWords ? exitCode.usage : tellError(terminal, error, details)
  }
}

/** @param run waits for a command and keeps its exit code */
function commands(terminal: Terminal, run: (command: Promise<number>) => Promise<void>): Command {
  const program = new Command('vlae')
    .description('Trains a Variational Lossy Autoencoder with a class-conditional prior on MNIST.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print what a command takes')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(harmless(text)),
      writeErr: (text) => terminal.err.write(harmless(text)),
      getOutHelpWidth: () => terminal.out.columns || 100,
    })
  const add = (name: string, about: string, options: readonly takes.Option[]) => {
    const command = program.command(name).description(about)
    for (const option of [...options, takes.json, takes.details]) command.addOption(option)
    return command
  }

  const start = [takes.data, takes.out, takes.name, takes.note, takes.tag, takes.from, takes.fromEpoch]
  add('train', 'train a new run', [...takes.settingOptions(), ...start]).action((options) =>
    run(train(terminal, { ...takes.placed(options), values: options })),
  )
  const planned = [takes.set, takes.write, takes.name, takes.plan, takes.index, takes.scheduler, takes.takeOver]
  const swept = [...planned, takes.data, takes.out, ...takes.settingOptions()]
  add('sweep', 'write a plan of many runs, or work one off', swept).action((options) =>
    run(sweep(terminal, { ...takes.placed(options), values: options })),
  )
  add('resume', 'go on with a run, exactly from where it was saved', [takes.movedData, takes.out])
    .argument('<run>', aboutOwnRun)
    .action((name, options) => run(resume(terminal, name, takes.placed(options))))
  add('runs', 'list the runs', [takes.out, takes.archived, takes.csv]).action((options) =>
    run(runs(terminal, takes.placed(options))),
  )
  add('sample', 'draw digits with a run’s model', [
    takes.epoch,
    takes.digit,
    takes.of,
    takes.seed,
    takes.codeTemperature,
    takes.pixelTemperature,
    takes.picture,
  ])
    .argument('<run>', aboutRun)
    .action((name, options) => run(sample(terminal, name, options)))
  add('export', 'write a run, or a checkpoint of it, as files that others open', [
    takes.epoch,
    takes.format,
    takes.exportFile,
  ])
    .argument('<run>', aboutRun)
    .action((name, options) => run(exportRun(terminal, name, options)))
  add('import', 'take in a run that `export --format zip` has packed', [takes.out])
    .argument('<file>', 'the archive')
    .action((file, options) => run(importArchive(terminal, file, takes.placed(options))))
  add('report', 'write a run as one page: curves, figures, galleries, settings', [takes.reportFile])
    .argument('<run>', aboutRun)
    .action((name, options) => run(reportPage(terminal, name, options)))
  add('evaluate', 'measure a run’s model on the test images', [takes.epoch, takes.movedData, takes.out])
    .argument('<run>', aboutRun)
    .action((name, options) => run(evaluate(terminal, name, takes.placed(options))))
  const judged = [takes.epoch, takes.samples, takes.images, takes.weights, takes.movedData, takes.out]
  add('likelihood', 'estimate how likely test images are to a run’s model, as papers do', judged)
    .argument('<run>', aboutRun)
    .action((name, options) => run(likelihood(terminal, name, takes.placed(options))))
  add('compress', 'pack test images by bits-back coding with a run’s model, and have them again', [
    takes.epoch,
    takes.images,
    takes.movedData,
    takes.out,
  ])
    .argument('<run>', aboutRun)
    .action((name, options) => run(compress(terminal, name, takes.placed(options))))
  add('engines', 'list the ways to compute on this machine', [takes.diagnostics]).action((options) =>
    run(engines(terminal, options)),
  )
  return program
}
