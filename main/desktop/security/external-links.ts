/** The only places that the app may hand to the system to open: a table, for those that have no Electron, too. */

/** The papers that the models and measures come from. */
export const externalLinks = {
  vlae: 'https://arxiv.org/abs/1611.02731',
  iaf: 'https://arxiv.org/abs/1606.04934',
} as const
