package dev.varve.server.peer;

import dev.varve.model.host.Peers;
import dev.varve.testkit.peers.TestPeers;

/** The peers of other modules' tests behave like the real ones. */
class TestPeersTest extends PeersContract {
    private final TestPeers network = new TestPeers();

    @Override
    Peers join(String name) {
        return network.join(name);
    }

    @Override
    void leave(String name) {
        network.leave(name);
    }
}
