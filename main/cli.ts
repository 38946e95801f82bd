#!/usr/bin/env node
/** The terminal door: trains, samples and evaluates without a window. */
import { runCommandLine } from './cli/program'
import { processTerminal } from './cli/process-terminal'

const terminal = processTerminal(new URL('worker.js', import.meta.url))
process.exitCode = await runCommandLine(process.argv.slice(2), terminal)
