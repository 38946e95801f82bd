import * as ort from 'onnxruntime-node'
console.log(Object.keys(ort))
