/** What a machine's graphics processors are, from what its operating system says. */
import { describe, expect, it } from 'vitest'
import { graphicsDevices } from '../../../main/engine/choose/graphics'
import { machine, pci } from './machines'

const names = async (options: Parameters<typeof machine>[0]) =>
  (await graphicsDevices(machine(options))).map(({ name }) => name)

describe('on Linux', () => {
  it('there are none in a virtual machine', async () => {
    const files = { ...pci('0000:00:02.0', '0x1234', '0x1111'), ...pci('0000:00:03.0', '0x1af4', '0x1050') }
    expect(await names({ files })).toEqual([])
    const drm = { '/sys/class/drm/renderD128/device/uevent': 'DRIVER=virtio_gpu\nPCI_ID=1AF4:1050\n' }
    expect(await names({ files: { ...files, ...drm } })).toEqual([])
    expect(await names({ files: { '/sys/class/drm/renderD128/device/uevent': 'DRIVER=vkms\n' } })).toEqual([])
  })

  it("an NVIDIA card has its driver's name for it, and may be opened where its device file may", async () => {
    const files = {
      ...pci('0000:0a:00.0', '0x10de', '0x2335', '0x030200'),
      '/proc/driver/nvidia/gpus/0000:0a:00.0/information': 'Model: \t\t NVIDIA H200\nIRQ:   23\n',
    }
    const open = { open: ['/dev/nvidiactl'] }
    expect(await graphicsDevices(machine({ files, ...open }))).toMatchObject([
      { name: 'NVIDIA H200', vendor: 'NVIDIA', accessible: true },
    ])
    expect(await graphicsDevices(machine({ files }))).toMatchObject([{ name: 'NVIDIA H200', accessible: false }])
  })

  it('another card has the name of the list of PCI devices', async () => {
    const files = {
      ...pci('0000:03:00.0', '0x1002', '0x744c', '0x030000', 'renderD128'),
      '/usr/share/misc/pci.ids':
        '1001  Kolter\n\t744c  Not this\n1002  AMD/ATI\n\t7448  Pro\n\t744c  Navi 31\n\t\t1002 0e3b  Sub\n',
    }
    expect(await graphicsDevices(machine({ files, open: ['/dev/dri/renderD128'] }))).toMatchObject([
      { name: 'AMD Navi 31', vendor: 'AMD', accessible: true },
    ])
    expect(await graphicsDevices(machine({ files }))).toMatchObject([{ accessible: false }])
    expect(await names({ files: pci('0000:00:02.0', '0x8086', '0x9a49') })).toEqual(['Intel graphics (0x9a49)'])
  })

  it('network cards and sound cards are none', async () => {
    expect(await names({ files: pci('0000:01:00.0', '0x8086', '0x15f3', '0x020000') })).toEqual([])
    expect(await names({ files: pci('0000:01:00.1', '0x10de', '0x22bd', '0x040300') })).toEqual([])
  })

  it('a chip has its driver’s name', async () => {
    const files = { '/sys/class/drm/renderD128/device/uevent': 'DRIVER=v3d\nOF_NAME=v3d\n' }
    expect(await names({ files })).toEqual(['v3d graphics'])
  })

  it('the subsystem in Windows hands the card of the host through', async () => {
    const open = ['/dev/dxg']
    expect(await names({ open, output: 'NVIDIA GeForce RTX 4070\n' })).toEqual(['NVIDIA GeForce RTX 4070'])
    expect(await names({ open })).toEqual(['GPU of the Windows host'])
  })
})

describe('on Windows', () => {
  it('what sits on a bus counts; remote, virtual and basic adapters do not', async () => {
    const output = [
      'PCI\\VEN_10DE&DEV_2786&SUBSYS_4070|NVIDIA GeForce RTX 4070',
      'PCI\\VEN_8086&DEV_A780&SUBSYS_1234|Intel(R) UHD Graphics 770',
      'ACPI\\QCOM0C36\\1|Qualcomm(R) Adreno(TM) X1-85 GPU',
      'PCI\\VEN_15AD&DEV_0405&SUBSYS_0405|VMware SVGA 3D',
      'PCI\\VEN_1234&DEV_1111&SUBSYS_1100|Microsoft Basic Display Adapter',
      'SWD\\REMOTEDISPLAYENUM\\RDPIDD|Microsoft Remote Display Adapter',
      'ROOT\\DISPLAY\\0000|Virtual Display',
    ].join('\r\n')
    expect(await graphicsDevices(machine({ platform: 'win32', output }))).toMatchObject([
      { name: 'NVIDIA GeForce RTX 4070', vendor: 'NVIDIA' },
      { name: 'Intel(R) UHD Graphics 770', vendor: 'Intel' },
      { name: 'Qualcomm(R) Adreno(TM) X1-85 GPU', vendor: 'other' },
    ])
  })

  it('there are none where the system gives no answer', async () => {
    expect(await names({ platform: 'win32' })).toEqual([])
  })
})

describe('on a Mac', () => {
  it('is on the chip', async () => {
    expect(await names({ platform: 'darwin', processor: 'Apple M3 Pro' })).toEqual(['Apple M3 Pro GPU'])
    expect(await names({ platform: 'darwin', processor: 'Intel(R) Core(TM) i7' })).toEqual([])
  })
})
