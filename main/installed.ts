/** Whether this is the app that people install, as `npm run pack` builds it: it has no npm, and nothing can be added. */

declare global {
  interface ImportMetaEnv {
    /** Set by the build that is packed; what is for the other way is left out of it. */
    readonly VLAE_INSTALLED?: boolean
  }
  interface ImportMeta {
    readonly env: ImportMetaEnv
  }
}

export const installed: boolean = import.meta.env.VLAE_INSTALLED === true
