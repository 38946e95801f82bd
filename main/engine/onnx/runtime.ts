/** ONNX Runtime, loaded here and nowhere else: after its telemetry has been switched off. */
import type * as Library from 'onnxruntime-node'
import { prepareNativeEnvironment } from '../../native-environment'

prepareNativeEnvironment()

// a static import would be carried out before the line above
export const { InferenceSession, Tensor } = await import('onnxruntime-node')
export type InferenceSession = Library.InferenceSession
export type Tensor = Library.Tensor
