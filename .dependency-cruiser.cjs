/**
 * The import rules: one table of layers by folder. Data flows one way, and a folder's name says which runtime it may need.
 * What is not in a folder's row it may not import; a folder without a row is refused.
 */
const views =
  'renderer/train renderer/gallery renderer/checkpoints renderer/runs renderer/lossy renderer/explore renderer/data renderer/settings'
/** What a view of the page may use: everything below the views, and no other view. */
const belowViews =
  'preload renderer/backend renderer/charts renderer/components renderer/composables renderer/lib renderer/stores ' +
  'vue @vueuse/core reka-ui @lucide/vue zod'
const tfjs = '@tensorflow/tfjs-core'

/**
 * Each folder, or single file, and what it may import beside itself: other rows, packages, `node` for Node's own modules.
 * A row counts for all that is below its folder and has no row of its own; `*` is any one name.
 */
const layers = {
  // What crosses between the app and what shows it: every runtime shares it.
  'preload/models': 'zod',
  preload: 'preload/models zod birpc @msgpack/msgpack',
  'preload/index.ts': 'preload electron',

  // The page. It knows the app through the contract only.
  'renderer/lib': 'preload gifenc umap-js zod',
  'renderer/backend': 'preload vue',
  'renderer/charts': 'chart.js vue',
  'renderer/stores': 'preload renderer/backend renderer/lib vue pinia @vueuse/core @lucide/vue',
  'renderer/composables': 'preload renderer/charts renderer/lib renderer/stores vue @vueuse/core',
  'renderer/components': belowViews,
  ...Object.fromEntries(views.split(' ').map((view) => [view, belowViews])),
  'renderer/shell': `${belowViews} ${views}`,
  'renderer/styles': '',
  'renderer/main.ts': 'renderer/backend renderer/shell renderer/styles vue pinia @fontsource-variable/inter',

  // Without tensors: files, data, runs on disk, main's side of training, and the app on top of them.
  'main/installed.ts': '',
  'main/native-environment.ts': 'node',
  'main/files': 'preload node zod fast-png',
  'main/process': 'preload main/files node',
  'main/mnist': 'preload main/files main/installed.ts node',
  'main/runs': 'preload main/files main/mnist node zod',
  // What others write and read, as bytes.
  'main/exchange': 'preload main/files node',
  'main/trainer': 'preload main/files main/mnist main/runs main/native-environment.ts node zod',
  'main/app': 'preload main/exchange main/files main/mnist main/runs main/trainer package.json node zod conf env-paths',
  'main/page': 'preload main/installed.ts node',

  // The doors, each on top of the app.
  'main/cli':
    'preload main/app main/exchange main/files main/process main/runs main/trainer package.json node zod commander ' +
    'cli-progress',
  'main/tab': 'preload main/files main/page node commander ws',
  'main/desktop':
    'preload main/app main/page main/process main/trainer node zod electron electron-store electron-updater',
  'main/start': 'node',
  'main/cli.ts': 'main/cli main/process',
  'main/browser.ts': 'preload main/app main/page main/process main/tab main/trainer package.json node open',
  'main/index.ts': 'main/app main/desktop main/page main/trainer node electron',
  'main/start.ts': 'main/browser.ts main/process main/start node',

  // WebAssembly over shared memory: no tensors.
  'main/engine/kernels': '',

  // With tensors: in the training thread only.
  'main/optimizers': `main/engine/kernels ${tfjs}`,
  'main/models': `preload main/optimizers ${tfjs}`,
  'main/models/*': `preload preload/models main/models main/optimizers ${tfjs}`,
  'main/models/create.ts': 'preload/models main/models main/models/*',
  'main/engine': `preload main/engine/tfjs main/models main/optimizers ${tfjs}`,
  'main/engine/tfjs': `preload main/engine main/installed.ts main/optimizers node ${tfjs} @tensorflow/tfjs-backend-cpu`,
  'main/engine/trace': `preload main/engine main/engine/tfjs ${tfjs} @bufbuild/protobuf`,
  'main/engine/plan': 'preload main/engine/kernels main/engine/trace',
  // ONNX Runtime sends telemetry unless it is told not to before it is loaded: one file does both
  'main/engine/onnx/runtime.ts': 'main/native-environment.ts onnxruntime-node',
  'main/engine/onnx':
    'preload main/engine main/engine/kernels main/engine/onnx/runtime.ts main/engine/plan main/engine/trace ' +
    'main/optimizers node koffi',
  'main/engine/lanes':
    'preload main/engine main/engine/onnx main/engine/plan main/engine/trace main/files main/models main/optimizers node',
  'main/engine/durable': 'preload main/engine main/optimizers node',
  'main/engine/choose':
    'preload main/engine main/engine/durable main/engine/lanes main/engine/onnx main/engine/tfjs main/files ' +
    'main/installed.ts main/models main/optimizers package.json node zod onnxruntime-common',
  'main/training':
    'preload main/engine main/engine/choose main/exchange main/files main/mnist main/models main/models/create.ts ' +
    `main/optimizers main/runs main/trainer package.json node zod ${tfjs} onnxruntime-common`,
  // What is asked of a checkpoint stands on what trains one; the thread's service offers both.
  'main/questions':
    'preload main/engine main/engine/trace main/exchange main/files main/mnist main/models main/optimizers main/runs ' +
    `main/trainer main/training node ${tfjs}`,
  'main/training/service.ts':
    'preload main/engine/choose main/files main/mnist main/models/create.ts main/questions main/runs main/trainer ' +
    'main/training',
  'main/training/worker.ts': 'preload main/trainer main/training main/training/service.ts node',

  // What builds and packs, and never runs in the app.
  'main/packing': 'node vite @resvg/resvg-wasm @shockpkg/icon-encoder',
  'main/launch.cjs': 'preload main/build.mjs main/process main/start main/tab/options.mjs node',
  'main/build.mjs': 'preload main/files main/process node',
  'main/vite.config.ts': 'main/packing node vite',
  'preload/vite.config.ts': 'node vite',
  'renderer/vite.config.ts': 'node vite @vitejs/plugin-vue',
}

const isFile = (row) => /\.\w+$/.test(row)
const pattern = (name) => name.replaceAll('.', String.raw`\.`).replaceAll('*', '[^/]+') + (isFile(name) ? '$' : '/')

/** The paths that a row counts for. */
function pathOf(row) {
  const others = Object.keys(layers).filter((other) => other.startsWith(`${row}/`))
  const below = others.map((other) => pattern(other.slice(row.length + 1)))
  return `^${pattern(row)}${below.length === 0 ? '' : `(?!${below.join('|')})`}`
}

const packageOf = (name) => (name === 'package.json' ? `^${pattern(name)}` : `(^|node_modules/)${name}(/|$)`)

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([row, names]) => {
      const all = names.split(' ').filter(Boolean)
      const paths = [row, ...all].map((name) => (name in layers ? pathOf(name) : packageOf(name)))
      return {
        name: `bad layering: ${row} may import ${all.join(', ') || 'nothing'}`,
        severity: 'error',
        from: { path: pathOf(row) },
        to: { pathNot: paths.join('|'), ...(all.includes('node') && { dependencyTypesNot: ['core'] }) },
      }
    }),
    {
      name: 'bad layering: this folder has no row in the table of .dependency-cruiser.cjs, which says what it may import',
      severity: 'error',
      from: { pathNot: Object.keys(layers).map(pathOf).join('|') },
      to: {},
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-to-dev-dependencies: what ships must not need a development dependency at run time',
      severity: 'error',
      from: { path: '^(main|preload)/', pathNot: 'vite\\.config|^main/packing/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/electron', dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
