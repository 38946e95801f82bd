#!/usr/bin/env -S node --single-threaded-gc
/** The terminal door: trains, samples and evaluates without a window. */
import { runCommandLine } from './cli/program'
import { processTerminal } from './cli/process-terminal'

const terminal = processTerminal(new URL('worker.js', import.meta.url))
const code = await runCommandLine(process.argv.slice(2), terminal)
// what was printed last is on its way; a thread that could not be ended is not waited for
terminal.out.write('', () => process.exit(code))
