import { expect, it } from 'vitest'
import { cacheFolder } from '../../main/files/cache-folder'

it('is where the system keeps what can be deleted', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/cache' }, 'linux')).toBe('/cache/vlae-studio')
  expect(cacheFolder({}, 'linux')).toMatch(/\/\.cache\/vlae-studio$/)
  expect(cacheFolder({}, 'darwin')).toMatch(/\/Library\/Caches\/vlae-studio$/)
  expect(cacheFolder({ LOCALAPPDATA: 'C:/Local' }, 'win32')).toMatch(/^C:\/Local.vlae-studio.Cache$/)
})
