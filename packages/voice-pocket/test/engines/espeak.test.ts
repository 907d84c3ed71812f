import { loadEngine } from '../../src/engines/index.ts'
import { engineConformance } from '../engine-conformance.ts'

engineConformance('espeak', () => loadEngine('espeak'))
