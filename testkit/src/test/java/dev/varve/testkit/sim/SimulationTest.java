package dev.varve.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.host.Register;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulationTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final Simulation simulation = new Simulation(7);
    private final List<String> seen = new ArrayList<>();

    @Test
    void aLoopRunsTasksInTheirOrderAndTimersInTheirTime() {
        SimHost host = new SimHost(simulation, "a", 0.05, self -> {
            self.loop().after(Duration.ofSeconds(2), () -> seen.add("late"));
            self.loop().after(Duration.ofSeconds(1), () -> seen.add("soon"));
            self.loop().after(Duration.ofSeconds(1), () -> seen.add("never")).cancel();
            self.loop().execute(() -> seen.add("first"));
            self.loop().execute(() -> seen.add("second"));
        });
        host.start();
        simulation.run(LONG, () -> false);
        assertThat(seen).containsExactly("first", "second", "soon", "late");
    }

    @Test
    void aCrashForgetsWhatWasToComeAndAPauseDoesNot() {
        SimHost crashing = new SimHost(
                simulation,
                "a",
                0,
                self -> self.loop().after(Duration.ofSeconds(1), () -> seen.add("crashed " + self.lives())));
        SimHost pausing = new SimHost(
                simulation, "b", 0, self -> self.loop().after(Duration.ofSeconds(1), () -> seen.add("paused")));
        crashing.start();
        pausing.start();
        crashing.crash();
        crashing.start();
        pausing.pause();
        simulation.run(Duration.ofSeconds(10), () -> false);
        assertThat(seen).containsExactly("crashed 2");
        pausing.resume();
        simulation.run(Duration.ofSeconds(11), () -> false);
        assertThat(seen).containsExactly("crashed 2", "paused");
    }

    @Test
    void aOneWayCutStopsOneDirection() {
        SimNetwork<String> network = new SimNetwork<>(simulation, message -> true);
        SimHost a = new SimHost(
                simulation, "a", 0, self -> network.of(self).receive((from, message) -> seen.add("a got " + message)));
        SimHost b = new SimHost(
                simulation, "b", 0, self -> network.of(self).receive((from, message) -> seen.add("b got " + message)));
        a.start();
        b.start();
        network.cut("a", "b");
        network.of(a).send("b", "lost");
        network.of(b).send("a", "one");
        simulation.run(Duration.ofSeconds(1), () -> false);
        network.mend("a", "b");
        network.of(a).send("b", "two");
        simulation.run(Duration.ofSeconds(2), () -> false);
        assertThat(seen).containsExactly("a got one", "b got two");
    }

    @Test
    void aRegisterChangesOnlyFromTheExpectedVersionAndMayLoseTheReply() {
        SimRegisters<String> registers = new SimRegisters<>(simulation, "start");
        SimHost host = new SimHost(simulation, "a", 0, self -> {});
        host.start();
        Register<String> register = registers.of(host, "r");
        host.loop().then(register.swap(0, "one"), swap -> seen.add(swap.toString()));
        simulation.run(Duration.ofSeconds(1), () -> false);
        host.loop().then(register.swap(0, "two"), swap -> seen.add(swap.toString()));
        simulation.run(Duration.ofSeconds(2), () -> false);
        registers.atNext("a", () -> registers.setOdds(SimRegisters.Odds.GOOD));
        registers.setOdds(new SimRegisters.Odds(
                0, 1, 0, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(1), Duration.ofSeconds(2)));
        host.loop().then(register.swap(1, "three"), swap -> seen.add(swap.toString()));
        simulation.run(Duration.ofSeconds(5), () -> false);
        assertThat(seen).containsExactly("Done[version=1]", "Conflict[]", "Unknown[cause=no answer]");
        assertThat(registers.past("r")).containsExactly("start", "one", "three");
    }
}
