// `@google-cloud/agones-sdk` has no types of its own; these are the calls of its README, as the tests use them.
declare module '@google-cloud/agones-sdk' {
  interface Beta {
    getCounterCount(key: string): Promise<number>;
    incrementCounter(key: string, amount: number): Promise<void>;
    decrementCounter(key: string, amount: number): Promise<void>;
    setCounterCount(key: string, amount: number): Promise<void>;
    getCounterCapacity(key: string): Promise<number>;
    setCounterCapacity(key: string, amount: number): Promise<void>;
    getListCapacity(key: string): Promise<number>;
    setListCapacity(key: string, amount: number): Promise<void>;
    listContains(key: string, value: string): Promise<boolean>;
    getListLength(key: string): Promise<number>;
    getListValues(key: string): Promise<string[]>;
    appendListValue(key: string, value: string): Promise<void>;
    deleteListValue(key: string, value: string): Promise<void>;
  }
  interface Alpha {
    playerConnect(id: string): Promise<boolean>;
    playerDisconnect(id: string): Promise<boolean>;
    setPlayerCapacity(capacity: number): Promise<object>;
    getPlayerCapacity(): Promise<number>;
    getPlayerCount(): Promise<number>;
    isPlayerConnected(id: string): Promise<boolean>;
    getConnectedPlayers(): Promise<string[]>;
  }
  /** The message's plain object: maps are lists of pairs, lists end in `List`. */
  export interface GameServerObject {
    objectMeta: {
      name: string;
      namespace: string;
      uid: string;
      creationTimestamp: number;
      labelsMap: [string, string][];
      annotationsMap: [string, string][];
    };
    spec: { health: { disabled: boolean; periodSeconds: number; failureThreshold: number } };
    status: {
      state: string;
      address: string;
      portsList: { name: string; port: number }[];
      countersMap: [string, { count: number; capacity: number }][];
      listsMap: [string, { capacity: number; valuesList: string[] }][];
    };
  }
  export default class AgonesSDK {
    readonly alpha: Alpha;
    readonly beta: Beta;
    connect(): Promise<void>;
    close(): void;
    ready(): Promise<object>;
    allocate(): Promise<object>;
    shutdown(): Promise<object>;
    reserve(seconds: number): Promise<object>;
    health(onError?: (error: Error) => void): void;
    getGameServer(): Promise<GameServerObject>;
    watchGameServer(onUpdate: (server: GameServerObject) => void, onError?: (error: Error) => void): void;
    setLabel(key: string, value: string): Promise<object>;
    setAnnotation(key: string, value: string): Promise<object>;
  }
}
