// What /ops/state answers (docs/http.md). Times in seconds; null where nothing was measured.

export type Level = 'ok' | 'warning' | 'critical';

export interface Quantiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
  count: number;
}

export interface Stage extends Quantiles {
  stage: string;
}

export interface Alert {
  name: string;
  severity: 'warning' | 'critical';
  state: 'pending' | 'firing';
  since: string;
  channel: string | null;
  part: string | null;
  value: number;
  summary: string;
  runbook: string;
}

export type History = Record<string, (number | null)[] | undefined>;

export interface Figures {
  stages: Stage[];
  segments: number;
  errorRatio: number | null;
  failures: { stage: string; reason: string; count: number }[];
  inFlight: number;
  queues: { queue: string; depth: number; bound: number | null }[];
  lateness: Quantiles;
  delivery: Quantiles;
  messages: Quantiles;
  messageSizes: { upTo: number | null; count: number }[];
  sourceAgeSeconds: number | null;
  viewers: { voice: string; viewers: number }[];
  history: History;
}

export interface Language {
  language: string;
  state: 'dubbed' | 'fallback' | 'original';
  reason: string | null;
  onsetLag: Quantiles;
  fallbackRatio: number | null;
  syncOffset: Quantiles;
  viewers: number;
}

export interface Channel {
  id: string;
  state: string;
  reason: string | null;
  engine: { name: string; healthy: boolean; circuitOpen: boolean; reason: string | null };
  workerRestarts: number;
  figures: Figures;
  languages: Language[];
}

export interface State {
  at: string;
  version: string;
  uptimeSeconds: number;
  everySeconds: number;
  windowSeconds: number;
  coveredSeconds: number;
  status: { level: Level; lines: string[] };
  alerts: Alert[];
  alertsJudgedElsewhere: string[];
  instance: {
    cpuRatio: number;
    memoryRatio: number;
    healthFailuresInRow: number;
    dollarsPerMonth: number | null;
    budgetDollars: number | null;
    history: History;
  };
  total: Figures;
  channels: Channel[];
}
