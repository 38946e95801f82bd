/** Stands in for Electron's module in tests of the window, which run beside Electron: where it is not installed, too. */
throw new Error(
  'A test of the window imports Electron itself, which is not everywhere: take what it needs out of that file.',
)
