import { transportConformance } from '../conformance.ts'

transportConformance({
  name: 'memory',
  url: 'memory://conformance',
  unreachableUrl: 'sqlite:////dev/null/no-folder.sqlite',
})
