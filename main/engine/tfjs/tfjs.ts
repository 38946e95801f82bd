/** tfjs-core as the app uses it: with its gradients, its CPU backend as the reference, and without its banner. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import '@tensorflow/tfjs-backend-cpu'

tf.enableProdMode()
tf.setBackend('cpu')

export { tf }
