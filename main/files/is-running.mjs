/** Whether there is a process of this number, whoever's. Plain JavaScript: main/build.mjs needs it before anything is built. */

/**
 * @param {number} pid
 * @returns {boolean}
 */
export function isRunning(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // it runs, as another user
    return error.code === 'EPERM'
  }
}
