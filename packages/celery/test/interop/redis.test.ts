import { everythingCrosses } from './crossing.ts'

everythingCrosses('Redis')
