import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { OperationsError } from './errors.ts';

/** One reading of a metric with labels. */
export interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a metric reads: one number, one per label combination, or nothing (then no sample is exported). */
export type MetricReading = number | readonly LabelledValue[] | undefined;

/** One metric over a snapshot of type `Snapshot`. Names follow Prometheus: `xir_…`, base units, `_total` for counters. */
export interface MetricDefinition<Snapshot> {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly labelNames?: readonly string[];
  read(snapshot: Snapshot): MetricReading;
}

/** Metrics in Prometheus' text format. */
export interface Metrics {
  readonly contentType: string;
  /** Reads every snapshot now. Throws `OPERATIONS_SNAPSHOT_FAILED` when a snapshot function throws. */
  render(): Promise<string>;
}

/** How metrics are gathered. */
export interface MetricsOptions<Snapshot> {
  readonly definitions: readonly MetricDefinition<Snapshot>[];
  /** Called once per scrape. */
  readonly snapshot: () => Snapshot;
  /** Labels on every sample. */
  readonly defaultLabels?: Readonly<Record<string, string>>;
  /** Export `process_…` and `nodejs_…` as well; default true. */
  readonly processMetrics?: boolean;
}

/**
 * Metrics that are read at scrape time: nothing is counted twice and nothing is kept in step by hand.
 * The format is Prometheus' text exposition format 0.0.4, written by prom-client.
 */
export function createMetrics<Snapshot>(options: MetricsOptions<Snapshot>): Metrics {
  const registry = new Registry();
  if (options.defaultLabels !== undefined) registry.setDefaultLabels({ ...options.defaultLabels });
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  const writers = options.definitions.map((definition) => register(registry, definition));
  return {
    contentType: registry.contentType,
    async render() {
      let snapshot: Snapshot;
      try {
        snapshot = options.snapshot();
      } catch (error) {
        throw new OperationsError('OPERATIONS_SNAPSHOT_FAILED', 'A snapshot function threw while metrics were read.', error);
      }
      for (const write of writers) write(snapshot);
      return registry.metrics();
    },
  };
}

function register<Snapshot>(registry: Registry, definition: MetricDefinition<Snapshot>): (snapshot: Snapshot) => void {
  const { name, help, type, labelNames = [] } = definition;
  const configuration = { name, help, labelNames: [...labelNames], registers: [registry] };
  const metric = type === 'counter' ? counterCell(new Counter(configuration)) : gaugeCell(new Gauge(configuration));
  return (snapshot) => {
    const values = labelledValues(definition.read(snapshot));
    metric.reset();
    // A reset leaves a zero behind for metrics without labels, which would read as a measurement.
    if (values.length === 0 && labelNames.length === 0) metric.remove();
    for (const { labels, value } of values) metric.set(labels, value);
  };
}

function labelledValues(reading: MetricReading): readonly LabelledValue[] {
  if (reading === undefined) return [];
  const values = typeof reading === 'number' ? [{ labels: {}, value: reading }] : reading;
  return values.filter(({ value }) => Number.isFinite(value));
}

interface MetricCell {
  reset(): void;
  remove(): void;
  set(labels: LabelledValue['labels'], value: number): void;
}

function counterCell(counter: Counter<string>): MetricCell {
  return { reset: () => counter.reset(), remove: () => counter.remove(), set: (labels, value) => counter.inc(labels, Math.max(0, value)) };
}

function gaugeCell(gauge: Gauge<string>): MetricCell {
  return { reset: () => gauge.reset(), remove: () => gauge.remove(), set: (labels, value) => gauge.set(labels, value) };
}
