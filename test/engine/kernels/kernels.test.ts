/** The module that all kernels are in: what it needs, and what is said where a machine cannot run it. */
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it, vi } from 'vitest'
import { numberTypes, operations } from '../../../main/engine/kernels/chain'
import { compiled } from '../../../main/engine/kernels/compiled'
import { loadKernels } from '../../../main/engine/kernels/kernels'
import { kernels as plugin } from '../../../main/packing/kernels.mjs'

const bytes = Buffer.from(compiled, 'base64')
const memory = () => new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })

it('needs nothing but a shared memory, of any size, into which it writes nothing by itself', () => {
  const module = new WebAssembly.Module(bytes)
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }])
  const shared = memory()
  loadKernels(shared)
  expect(new Uint8Array(shared.buffer).every((byte) => byte === 0)).toBe(true)
  expect(() => loadKernels(new WebAssembly.Memory({ initial: 1 }))).toThrow(WebAssembly.LinkError)
})

it('is told apart where there are no vector instructions or no shared memory', () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValueOnce(false)
  expect(loadKernels(memory())).toBeUndefined()
})

it('has the operations, numbers and modes in the order in which programs name them', () => {
  const folder = resolve(import.meta.dirname, '../../../main/engine/kernels/assembly')
  const source = (name: string) => readFileSync(resolve(folder, `${name}.ts`), 'utf8')
  expect(readdirSync(folder)).toContain('operations.ts')
  const classes = [...source('operations').matchAll(/(?:unary|binary|ternary)<(\w+)>\(/g)].map(([, name]) => name)
  expect(classes.map((name) => name?.toLowerCase())).toEqual(Object.keys(operations).map((name) => name.toLowerCase()))
  const [, types = ''] = /const enum Type \{([^}]+)/.exec(source('operands')) ?? []
  expect([...types.matchAll(/\w+/g)].map(([name]) => name.toLowerCase())).toEqual(numberTypes)
})

it('is put where the bundle asks for it, and nowhere else', async () => {
  const { filter, handler } = plugin().load
  const text = await handler.call({ addWatchFile: () => {} } as never)
  expect(text).toBe(`export const compiled = ${JSON.stringify(compiled)}`)
  const place = '/anywhere/main/engine/kernels/compiled.ts'
  expect([place, place.replaceAll('/', '\\')].every((path) => filter.id.test(path))).toBe(true)
  expect(filter.id.test('/anywhere/main/engine/kernels/kernels.ts')).toBe(false)
})
