import { everythingCrosses } from './crossing.ts'

everythingCrosses('RabbitMQ')
