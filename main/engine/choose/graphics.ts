/** The graphics processors that the system knows: real ones only, none that is emulated. */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, readdir, readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { promisify } from 'node:util'

export interface GraphicsDevice {
  /** For a person: `NVIDIA H200`. */
  readonly name: string
  readonly vendor: 'NVIDIA' | 'AMD' | 'Intel' | 'Apple' | 'other'
  /** This process may open it. */
  readonly accessible: boolean
  /** Matches the file name of its Vulkan driver, where that can be looked at. */
  readonly driver: RegExp
}

/** What is asked of the operating system; tests give it other answers. */
export interface System {
  readonly platform: NodeJS.Platform
  /** A file's text; undefined when it cannot be read. */
  read(path: string): Promise<string | undefined>
  /** The names in a folder; none when it is not there. */
  list(folder: string): Promise<string[]>
  /** Whether a device may be opened to read and write. */
  mayOpen(path: string): Promise<boolean>
  /** What a program prints; nothing when it fails. */
  output(program: string, args: readonly string[]): Promise<string>
  readonly processor: string
}

export const thisSystem: System = {
  platform: process.platform,
  read: (path) => readFile(path, 'utf8').catch(() => undefined),
  list: (folder) => readdir(folder).catch(() => []),
  mayOpen: (path) =>
    access(path, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    ),
  output: (program, args) =>
    promisify(execFile)(program, args, { timeout: 10_000, windowsHide: true }).then(
      ({ stdout }) => stdout,
      () => '',
    ),
  processor: cpus()[0]?.model ?? 'unknown processor',
}

const vendors = {
  '0x10de': { vendor: 'NVIDIA', driver: /libGLX_nvidia|libnvidia-(gl|vulkan)|vulkan_nouveau/ },
  '0x1002': { vendor: 'AMD', driver: /radeon|amdvlk/i },
  '0x8086': { vendor: 'Intel', driver: /vulkan_intel/i },
} as const

/** Drivers of displays without a processor of their own: virtual machines, and memory that is shown as a screen. */
const screensOnly = /^(virtio|bochs|cirrus|qxl|vmwgfx|vgem|vkms|simpledrm|simple-framebuffer|ast|mgag200|hyperv)/

/** Found anew at each call: a graphics processor can come and go. */
export async function graphicsDevices(system: System = thisSystem): Promise<GraphicsDevice[]> {
  if (system.platform === 'darwin') return onMac(system)
  if (system.platform === 'win32') return onWindows(system)
  return onLinux(system)
}

/** Only Macs with Apple's own processors are known to ONNX Runtime; their graphics processor is on the same chip. */
async function onMac({ processor }: System): Promise<GraphicsDevice[]> {
  if (!processor.startsWith('Apple')) return []
  return [{ name: `${processor} GPU`, vendor: 'Apple', accessible: true, driver: /./ }]
}

async function onWindows(system: System): Promise<GraphicsDevice[]> {
  const query =
    "Get-CimInstance Win32_VideoController -Filter \"Status='OK'\" | ForEach-Object { $_.PNPDeviceID + '|' + $_.Name }"
  const text = await system.output('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query])
  return text.split(/\r?\n/).flatMap((line): GraphicsDevice[] => {
    const [id = '', name = ''] = line.trim().split('|')
    // What is on no bus is a remote desktop or a virtual screen; the basic adapter computes on the CPU
    if (!/^(PCI|ACPI)\\/i.test(id) || /^Microsoft |VMware|VirtualBox|QXL|Red Hat/i.test(name)) return []
    const vendorId = /^PCI\\VEN_([0-9A-F]{4})/i.exec(id)?.[1]?.toLowerCase()
    const known = vendors[`0x${vendorId}` as keyof typeof vendors] as (typeof vendors)['0x10de'] | undefined
    return [{ name, vendor: known?.vendor ?? 'other', accessible: true, driver: /./ }]
  })
}

async function onLinux(system: System): Promise<GraphicsDevice[]> {
  // The Windows Subsystem for Linux hands the host's device through
  if (await system.mayOpen('/dev/dxg')) {
    const name = (await system.output('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'])).split('\n')[0]
    return name
      ? [{ name, vendor: 'NVIDIA', accessible: true, driver: /nvidia|dzn/ }]
      : [{ name: 'GPU of the Windows host', vendor: 'other', accessible: true, driver: /dzn/i }]
  }
  const pci = await Promise.all((await system.list('/sys/bus/pci/devices')).map((slot) => onPci(system, slot)))
  const nodes = (await system.list('/sys/class/drm')).filter((name) => name.startsWith('renderD'))
  const chips = await Promise.all(nodes.map((node) => onChip(system, node)))
  return [...pci, ...chips].filter((device) => device !== undefined)
}

/** A card, or what is built into a PC's processor. */
async function onPci(system: System, slot: string): Promise<GraphicsDevice | undefined> {
  const folder = `/sys/bus/pci/devices/${slot}`
  const [kind = '', vendorId = '', deviceId = ''] = await Promise.all(
    ['class', 'vendor', 'device'].map(async (name) => (await system.read(`${folder}/${name}`))?.trim() ?? ''),
  )
  const known = vendors[vendorId as keyof typeof vendors]
  // 0x03: display controllers; NVIDIA's for data centres are 0x0302
  if (known === undefined || !kind.startsWith('0x03')) return undefined
  if (known.vendor === 'NVIDIA') {
    const about = (await system.read(`/proc/driver/nvidia/gpus/${slot}/information`)) ?? ''
    const name = /^Model:\s*(.+)$/m.exec(about)?.[1]
    if (name) return { ...known, name, accessible: await system.mayOpen('/dev/nvidiactl') }
  }
  const node = (await system.list(`${folder}/drm`)).find((name) => name.startsWith('renderD'))
  const accessible = node !== undefined && (await system.mayOpen(`/dev/dri/${node}`))
  return { ...known, name: await pciName(system, vendorId, deviceId, known.vendor), accessible }
}

/** A graphics processor on a system chip: boards, and computers with Arm processors. */
async function onChip(system: System, node: string): Promise<GraphicsDevice | undefined> {
  const about = (await system.read(`/sys/class/drm/${node}/device/uevent`)) ?? ''
  const driver = /^DRIVER=(.+)$/m.exec(about)?.[1]
  if (driver === undefined || /^PCI_ID=/m.test(about) || screensOnly.test(driver)) return undefined
  const accessible = await system.mayOpen(`/dev/dri/${node}`)
  // Mesa names its drivers for these chips after their makers; what is no software driver fits
  return { name: `${driver} graphics`, vendor: 'other', accessible, driver: /vulkan_(?!lvp|intel|radeon)|mali|img/i }
}

async function pciName(system: System, vendorId: string, deviceId: string, vendor: string): Promise<string> {
  const names = (await system.read('/usr/share/misc/pci.ids')) ?? (await system.read('/usr/share/hwdata/pci.ids')) ?? ''
  const [ours] = names.split(`\n${vendorId.slice(2)}  `).slice(1)
  const name = new RegExp(`^\\t${deviceId.slice(2)}  (.+)$`, 'm').exec(ours?.split(/\n(?=[0-9a-f])/)[0] ?? '')?.[1]
  return `${vendor} ${name ?? `graphics (${deviceId})`}`
}
