/** The import rules: data flows one way, and a folder's name says the runtime it may need. */
const tensors =
  'node_modules/@tensorflow|node_modules/onnxruntime|^main/(vlae/(?!cards|ladder-card)|optimizers/|engine/)'

module.exports = {
  forbidden: [
    {
      name: 'contract-is-alone',
      comment: 'The seam (all of preload but index.ts) is shared by every runtime: zod, birpc and MessagePack only.',
      severity: 'error',
      from: { path: '^preload/', pathNot: '^preload/(index|vite\\.config)' },
      to: {
        pathNot:
          'node_modules/(zod|birpc|@msgpack)|^preload/(contract|metrics|models|errors|refusals|rpc|seam|codec|channels)',
      },
    },
    {
      name: 'page-sees-the-contract-only',
      comment: 'The page knows the app through preload/contract (and its errors) only.',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(main|test)/|^preload/index' },
    },
    {
      name: 'no-tensors-outside-the-worker',
      comment: 'The doors, the app and the trainer never load tfjs, the models or an engine: they live in the worker.',
      severity: 'error',
      from: { path: '^main/(app|cli|desktop|mnist|files|process)/|^main/[^/]+\\.ts$|^main/training/trainer' },
      to: { path: tensors, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'onnx-runtime-in-one-place',
      comment: 'ONNX Runtime sends telemetry unless it is told not to before it is loaded: one file does both.',
      severity: 'error',
      from: { pathNot: '^main/engine/onnx-runtime' },
      to: { path: 'node_modules/onnxruntime-node', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'electron-in-one-place',
      comment: 'Only main/desktop, the window door and the preload know Electron.',
      severity: 'error',
      from: { pathNot: '^main/(desktop/|index\\.ts)|^preload/index|^test/' },
      to: { path: 'node_modules/electron(/|$)' },
    },
    {
      name: 'models-know-no-engine',
      comment: 'A model is plain functions over tensors: it does not know how it is run.',
      severity: 'error',
      from: { path: '^main/(vlae|optimizers)/' },
      to: { path: '^main/(?!vlae/|optimizers/)' },
    },
    {
      name: 'optimizers-know-no-model',
      comment: 'An optimizer is handed vectors and gradients, whatever they are of.',
      severity: 'error',
      from: { path: '^main/optimizers/' },
      to: { path: '^main/vlae/' },
    },
    {
      name: 'engines-are-given-their-model',
      comment: 'An engine builds no model and no optimizer: it takes both, and a thread without tensors a name.',
      severity: 'error',
      from: { path: '^main/engine/' },
      to: { path: '^main/(vlae/(create|ladder|cards)|optimizers/adam/|training/|app/|cli/)' },
    },
    {
      name: 'no-product-code-in-tests-direction',
      comment: 'Product code does not import tests.',
      severity: 'error',
      from: { path: '^(main|preload|renderer)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-to-dev-dependencies',
      comment: 'What ships must not need a development dependency at run time.',
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
