/** Machines that are not this one: their files, devices and programs, as the operating system would show them. */
import type { System } from '../../../main/engine/choose/graphics'

export interface MachineOptions {
  readonly platform?: NodeJS.Platform
  readonly processor?: string
  readonly files?: Readonly<Record<string, string>>
  /** Devices that may be opened. */
  readonly open?: readonly string[]
  /** What every program prints. */
  readonly output?: string
}

export function machine(options: MachineOptions = {}): System {
  const { platform = 'linux', processor = 'A processor', files = {}, open = [], output = '' } = options
  return {
    platform,
    processor,
    read: async (path) => files[path],
    list: async (folder) => [
      ...new Set(
        Object.keys(files)
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split('/')[0]!),
      ),
    ],
    mayOpen: async (path) => open.includes(path),
    output: async () => output,
  }
}

/** A device on the PCI bus; 0x0300 and 0x0302 are displays. */
export function pci(slot: string, vendor: string, device: string, kind = '0x030000', node?: string) {
  const folder = `/sys/bus/pci/devices/${slot}`
  return {
    [`${folder}/class`]: `${kind}\n`,
    [`${folder}/vendor`]: `${vendor}\n`,
    [`${folder}/device`]: `${device}\n`,
    ...(node === undefined ? {} : { [`${folder}/drm/${node}/dev`]: '226:128\n' }),
  }
}

/** A machine with one NVIDIA card that may be opened. */
export const withNvidia: MachineOptions = {
  files: {
    ...pci('0000:0a:00.0', '0x10de', '0x2335', '0x030200'),
    '/proc/driver/nvidia/gpus/0000:0a:00.0/information': 'Model: \t\t NVIDIA H200\n',
  },
  open: ['/dev/nvidiactl'],
}
