package dev.varve.server.launch;

import java.util.List;

/** Where the processes of a local cluster run: on loopback, or each behind an address and a command of its own. */
public interface Surroundings {
    /** All on 127.0.0.1. */
    Surroundings LOOPBACK = new Surroundings() {
        @Override
        public String host(String process) {
            return "127.0.0.1";
        }

        @Override
        public List<String> prefix(String process) {
            return List.of();
        }
    };

    /** The address that a process, such as {@code node-1} or {@code zookeeper-1}, listens on and is reached under. */
    String host(String process);

    /**
     * What its command is started by, such as {@code ip netns exec ns1}. It must become the command, with the same process
     * id, as that and {@code env} and {@code nice} do.
     */
    List<String> prefix(String process);
}
