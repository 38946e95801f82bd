#!/usr/bin/env -S node --single-threaded-gc
/** The terminal door: trains, samples and evaluates without a window. */
import { processTerminal } from './cli/process-terminal'
import { runCommandLine } from './cli/program'
import { exitCode } from './cli/terminal'
import { asked, codeOf, exit } from './process/end'
import { settleHome } from './process/home'
import { flushOutput } from './process/output'

settleHome()
const code = await runCommandLine(process.argv.slice(2), processTerminal(new URL('worker.js', import.meta.url)))
const complete = await flushOutput()
if (code === exitCode.interrupted) exit(codeOf[asked() ?? 'interrupt'])
else exit(code === exitCode.done && !complete ? exitCode.failure : code)
