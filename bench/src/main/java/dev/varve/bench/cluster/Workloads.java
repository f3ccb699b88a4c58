package dev.varve.bench.cluster;

import java.util.List;

/** All kinds of clients, by name. */
enum Workloads {
    REGISTER,
    SET,
    CREATE_RACE,
    MULTIPART,
    APPEND,
    INGEST,
    LARGE_READ;

    String shown() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    static List<Workloads> all() {
        return List.of(values());
    }

    /** @param run names what it makes, unlike that of any other run */
    Workload make(String run, long seed, Tally tally) {
        return switch (this) {
            case REGISTER -> new RegisterWorkload(run);
            case SET -> new SetWorkload(run);
            case CREATE_RACE -> new CreateRaceWorkload(run);
            case MULTIPART -> new MultipartWorkload(run);
            case APPEND -> new AppendWorkload(run);
            case INGEST -> new IngestWorkload(run, tally);
            case LARGE_READ -> new LargeReadWorkload(run, seed);
        };
    }
}
