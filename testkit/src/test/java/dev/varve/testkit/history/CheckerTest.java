package dev.varve.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.testkit.history.RegisterModel.Answer;
import dev.varve.testkit.history.RegisterModel.Ask;
import dev.varve.testkit.history.RegisterModel.Condition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The checker against all orders, against what really happened, and at size; {@code -Dvarve.seed=N} repeats one seed. */
class CheckerTest {
    private static final int ROUNDS = 4000;
    private static final long MOST_OPERATIONS = 7;

    /** A model, its operations by chance, and the seed of them. */
    record Case<S, I, O>(String name, long seed, Model<S, I, O> model, Function<SplittableRandom, I> inputs) {
        @Override
        public String toString() {
            return name + ", seed " + seed;
        }
    }

    static Stream<Case<?, ?, ?>> cases() {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        return Stream.of(
                new Case<>("registers", seed, new RegisterModel(), random -> register(random, 2, 3)),
                new Case<>("create races", seed, new CreateRaceModel(), CheckerTest::create),
                new Case<>("sets", seed, new SetModel(), CheckerTest::set),
                new Case<>("logs", seed, new AppendLogModel(), CheckerTest::append),
                new Case<>("bank", seed, new BankModel(Map.of("a", 3L, "b", 3L, "c", 3L)), CheckerTest::transfer));
    }

    static Ask register(SplittableRandom random, int keys, int values) {
        String key = "k" + random.nextInt(keys);
        Condition condition = switch (random.nextInt(4)) {
            case 0 -> RegisterModel.ABSENT;
            case 1 -> new Condition.Matches("v" + random.nextInt(values));
            default -> RegisterModel.ALWAYS;
        };
        return switch (random.nextInt(5)) {
            case 0, 1 -> new Ask.Get(key);
            case 2 -> new Ask.Delete(key, condition);
            default -> new Ask.Put(key, "v" + random.nextInt(values), condition);
        };
    }

    private static CreateRaceModel.Ask create(SplittableRandom random) {
        String key = "k" + random.nextInt(2);
        return random.nextInt(3) == 0
                ? new CreateRaceModel.Ask.Get(key)
                : new CreateRaceModel.Ask.Create(key, "v" + random.nextInt(3));
    }

    private static SetModel.Ask set(SplittableRandom random) {
        String name = "n" + random.nextInt(3);
        return switch (random.nextInt(5)) {
            case 0 -> new SetModel.Ask.Remove("b", name);
            case 1 -> new SetModel.Ask.Has("b", name);
            case 2 -> new SetModel.Ask.ListAll("b");
            default -> new SetModel.Ask.Add("b", name);
        };
    }

    private static AppendLogModel.Ask append(SplittableRandom random) {
        return random.nextInt(3) == 0
                ? new AppendLogModel.Ask.Read("l", random.nextInt(3))
                : new AppendLogModel.Ask.Append("l", "v" + random.nextInt(3));
    }

    private static BankModel.Ask transfer(SplittableRandom random) {
        return random.nextInt(3) == 0
                ? new BankModel.Ask.Balances()
                : new BankModel.Ask.Transfer(
                        "abc".substring(random.nextInt(3)).substring(0, 1),
                        "abc".substring(random.nextInt(3)).substring(0, 1),
                        random.nextInt(1, 5));
    }

    @ParameterizedTest
    @MethodSource("cases")
    <S, I, O> void agreesWithTryingAllOrders(Case<S, I, O> given) {
        SplittableRandom random = new SplittableRandom(given.seed());
        AllOrders<S, I, O> orders = new AllOrders<>(given.model());
        Checker<S, I, O> checker = new Checker<>(given.model());
        int wrong = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int count = random.nextInt(1, (int) MOST_OPERATIONS + 1);
            List<Operation<I, O>> history = RandomHistory.valid(
                    given.model(), given.inputs(), count, random.nextInt(1, 5), random.nextDouble(0.6), random);
            for (int i = random.nextInt(3); i > 0; i--) {
                history = RandomHistory.bent(history, random);
            }
            boolean expected = orders.areSome(history);
            Verdict<I, O> verdict = checker.check(history);
            assertThat(verdict instanceof Verdict.Linearizable)
                    .as("round %d: %s", round, history)
                    .isEqualTo(expected);
            assertThat(verdict).isNotInstanceOf(Verdict.Unknown.class);
            if (verdict instanceof Verdict.Violation<I, O> violation) {
                wrong++;
                assertThat(orders.areSome(claimOf(violation)))
                        .as("%s", violation)
                        .isFalse();
            }
        }
        assertThat(wrong).isBetween(ROUNDS / 50, ROUNDS * 9 / 10);
    }

    /** What a violation says by itself. */
    private static <I, O> List<Operation<I, O>> claimOf(Verdict.Violation<I, O> violation) {
        List<Operation<I, O>> claim = new ArrayList<>(violation.core());
        violation.others().forEach(operation -> claim.add(operation.forgotten()));
        return claim;
    }

    @ParameterizedTest
    @MethodSource("cases")
    <S, I, O> void whatReallyHappenedPassesWithUnknownOutcomes(Case<S, I, O> given) {
        SplittableRandom random = new SplittableRandom(given.seed());
        Checker<S, I, O> checker = new Checker<>(given.model());
        for (int round = 0; round < 50; round++) {
            List<Operation<I, O>> history = RandomHistory.valid(given.model(), given.inputs(), 100, 6, 0.08, random);
            assertThat(checker.check(history)).as("round %d", round).isInstanceOf(Verdict.Linearizable.class);
        }
    }

    @Test
    void tenThousandOperationsOnTwentyKeys() {
        List<Operation<Ask, Answer>> history = RandomHistory.valid(
                new RegisterModel(),
                random -> register(random, 20, 1_000_000),
                10_000,
                20,
                0.02,
                new SplittableRandom(1));
        Checker<?, Ask, Answer> checker = new Checker<>(new RegisterModel());
        assertThat(checker.check(history)).isInstanceOf(Verdict.Linearizable.class);
        // One stale read in the middle of it.
        List<Operation<Ask, Answer>> stale = new ArrayList<>(history);
        stale.add(Operation.of(
                99,
                history.get(5000).invoked(),
                history.get(5000).invoked() + 1,
                new Ask.Get("k7"),
                new Answer.Found("x")));
        assertThat(checker.check(stale)).isInstanceOf(Verdict.Violation.class);
    }

    @Test
    void aLongLogOfManyWriters() {
        List<Operation<AppendLogModel.Ask, AppendLogModel.Answer>> history = RandomHistory.valid(
                new AppendLogModel(),
                random -> random.nextInt(50) == 0
                        ? new AppendLogModel.Ask.Read("l", 0)
                        : new AppendLogModel.Ask.Append("l", "v" + random.nextLong()),
                2000,
                20,
                0.002,
                new SplittableRandom(1));
        assertThat(new Checker<>(new AppendLogModel()).check(history)).isInstanceOf(Verdict.Linearizable.class);
    }

    @Test
    void givesUpWithinItsLimits() {
        // Twenty writes at once, then a read of what nobody wrote: all orders of all subsets.
        List<Operation<Ask, Answer>> history = new ArrayList<>(IntStream.range(0, 20)
                .mapToObj(i -> Operation.<Ask, Answer>of(
                        i, i, 100, new Ask.Put("k", "v" + i, RegisterModel.ALWAYS), new Answer.Done()))
                .toList());
        history.add(Operation.of(21, 50, 101, new Ask.Get("k"), new Answer.Found("x")));
        assertThat(new Checker<>(new RegisterModel(), new Limits(10_000, 1L << 30)).check(history))
                .isInstanceOfSatisfying(
                        Verdict.Unknown.class,
                        unknown -> assertThat(unknown.key()).isEqualTo("k"));
        assertThat(new Checker<>(new RegisterModel(), new Limits(Long.MAX_VALUE, 1 << 20)).check(history))
                .isInstanceOf(Verdict.Unknown.class);
    }

    @Test
    void theOrderOfTheListDoesNotMatter() {
        List<Operation<Ask, Answer>> history = new ArrayList<>(RandomHistory.valid(
                new RegisterModel(), random -> register(random, 3, 50), 500, 8, 0.05, new SplittableRandom(2)));
        Collections.reverse(history);
        assertThat(new Checker<>(new RegisterModel()).check(history)).isInstanceOf(Verdict.Linearizable.class);
    }
}
