/** Whether a process still runs, with real processes: dead ones, and undead ones. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { uuidIn } from '../../main/files/machine-id'
import { isAlive, owner, processOf, thisProcess } from '../../main/files/owner'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A process, and the first line that it says. */
async function started(command: string, ...args: string[]): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(child)
  for await (const line of createInterface(child.stdout)) return { child, line }
  throw new Error(`${command} said nothing`)
}

const sleeper = () => started(process.execPath, '-e', 'console.log("up"); setInterval(() => {}, 1000)')

describe('an owner', () => {
  it('is alive while its process is, and gone with it', async () => {
    const { child } = await sleeper()
    const of = await processOf(child.pid!)
    expect(owner.parse(JSON.parse(JSON.stringify(of)))).toEqual(of)
    expect(await isAlive(of)).toBe('alive')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await isAlive(of)).toBe('gone')
  })

  it('is this process, told as its children are', async () => {
    expect(await thisProcess()).toEqual(await processOf(process.pid))
    expect(await isAlive(await thisProcess())).toBe('alive')
  })

  it('is gone when another process has its pid', async () => {
    expect(await isAlive({ ...(await thisProcess()), start: '1' })).toBe('gone')
  })

  it('on another computer is unknown', async () => {
    const me = await thisProcess()
    expect(await isAlive({ ...me, host: 'elsewhere', boot: 'another' })).toBe('unknown')
    expect(await isAlive({ ...me, host: 'elsewhere', boot: null })).toBe('unknown')
  })

  it('on another computer that has the same name is unknown, as it is where that cannot be told', async () => {
    const me = await thisProcess()
    for (const machine of ['another', null])
      expect(await isAlive({ ...me, pid: 1, start: '1', boot: 'another', machine })).toBe('unknown')
    // an image that two computers were made from
    expect(await isAlive({ ...me, host: 'elsewhere', boot: 'another' })).toBe('unknown')
  })

  it('that an earlier version has written down is read', async () => {
    const { machine: _, ...before } = await thisProcess()
    expect(owner.parse(before)).toEqual({ ...before, machine: null })
    // where this start of the system has no name, its computer has to be known
    expect(await isAlive(owner.parse(before))).toBe(before.boot === null ? 'unknown' : 'alive')
  })

  it('names its computer by nothing that the system knows it by', async () => {
    const { machine } = await thisProcess()
    expect(machine ?? '0'.repeat(32)).toMatch(/^[0-9a-f]{32}$/)
    for (const file of ['/etc/machine-id', '/var/lib/dbus/machine-id', '/sys/class/dmi/id/product_uuid'])
      expect(existsSync(file) ? readFileSync(file, 'utf8').trim() : '').not.toBe(machine)
  })

  it('is unknown where its system does not tell when it started', async () => {
    expect(await isAlive({ ...(await thisProcess()), start: null })).toBe('unknown')
  })
})

describe.runIf(process.platform === 'linux')('an owner on Linux', () => {
  it('is gone when the system has started anew, where it is certain that it is the same one', async () => {
    const me = await thisProcess()
    expect(await isAlive({ ...me, boot: 'an earlier one' })).toBe(me.machine === null ? 'unknown' : 'gone')
  })

  it('is found also where the computer has another name by now', async () => {
    expect(await isAlive({ ...(await thisProcess()), host: 'renamed' })).toBe('alive')
  })

  it('is gone when it has ended and its parent never asks', async () => {
    // the shell becomes a program that knows nothing of its child
    const { line } = await started('sh', '-c', 'sleep 0.3 & echo $!; exec sleep 60')
    const of = await processOf(Number(line))
    expect(await isAlive(of)).toBe('alive')
    await expect.poll(() => readFileSync(`/proc/${line}/stat`, 'utf8').split(' ')[2]).toBe('Z')
    process.kill(Number(line), 0)
    expect(await isAlive(of)).toBe('gone')
  })

  it('is unknown in another PID namespace, whatever has its pid here', async () => {
    expect(await isAlive({ ...(await thisProcess()), space: 'pid:[1] time:[1]' })).toBe('unknown')
  })
})

describe('the name of a computer', () => {
  it('is found in what macOS and Windows say', () => {
    const id = '01234567-89ab-cdef-0123-456789abcdef'
    expect(uuidIn(`    "IOPlatformSerialNumber" = "C02"\n    "IOPlatformUUID" = "${id.toUpperCase()}"`)).toBe(
      id.toUpperCase(),
    )
    expect(uuidIn(`HKEY_LOCAL_MACHINE\\SOFTWARE\r\n    MachineGuid    REG_SZ    ${id}`)).toBe(id)
    for (const text of [null, '', 'ERROR: The system was unable to find the key', 'MachineGuid REG_SZ 7'])
      expect(uuidIn(text)).toBeNull()
  })
})
