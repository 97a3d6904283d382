"""Mini-batches, validation rows, early ends: the same loop, resumed to the same bits."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from test_rows import Coins

import qce
from qce import circuits, models, objectives
from qce.results import Status
from qce.training.batches import Batches

EPS = np.finfo(float).eps
WIRES = 12


def rows(seed, count=503):
    rng = np.random.default_rng(seed)
    chances = np.linspace(0.1, 0.9, WIRES)
    return (rng.random((count, WIRES)) < chances).astype(int)


@pytest.fixture
def objective():
    return objectives.measured_likelihood(Coins(WIRES), rows(0))


def fit(objective, **settings):
    return qce.fit(objective, progress=False, **settings)


@pytest.mark.parametrize(("entries", "size"), [(10, 3), (10, 5), (7, 7), (1, 1)])
def test_an_epoch_sees_every_entry_once(entries, size):
    batches = Batches(entries, size)
    for epoch in (0, 1):
        order = batches.order(3, epoch)
        seen = np.concatenate([batches.of(order, step) for step in range(batches.steps)])
        assert sorted(seen[seen >= 0].tolist()) == list(range(entries))
    if entries > 1:
        assert (np.asarray(batches.order(3, 0)) != np.asarray(batches.order(3, 1))).any()


def test_the_first_steps_are_those_of_optax_on_the_same_rows(objective):
    """An independent loop: the rows of each step, Adam with its cosine, gradients cut at 4."""
    seed, size, epochs = 4, 100, 2
    result = fit(objective, batch=size, epochs=epochs, seed=seed, learning_rate=0.02)
    model, data = objective.model, objective.rows
    steps = -(-503 // size)
    params = jnp.asarray(model.initial(seed))
    rate = optax.cosine_decay_schedule(0.02, epochs * steps)
    method = optax.chain(optax.clip_by_global_norm(4.0), optax.adam(rate))
    memory, losses = method.init(params), []
    bits = np.repeat(data.rows.bits, np.rint(data.rows.frequencies * 503).astype(int), axis=0)
    for step in range(epochs * steps):
        key = jax.random.fold_in(jax.random.PRNGKey(seed), step // steps)
        order = np.asarray(jax.random.permutation(key, 503))
        chosen = bits[order[(step % steps) * size :][:size]]
        loss, slope = jax.value_and_grad(lambda p, x: -model.log_prob(p, x).mean())(params, chosen)
        change, memory = method.update(slope, memory, params)
        params, losses = optax.apply_updates(params, change), [*losses, loss]
    np.testing.assert_allclose(result.history["loss"][:-1], losses, rtol=1e-12)
    np.testing.assert_allclose(result.params, params, atol=1e-12)
    assert result.steps == epochs * steps
    assert abs(result.estimate.value - objective(params).value) < 1e-12


def test_a_batch_of_all_rows_is_the_whole_loss(objective):
    params = objective.model.initial(0)
    value, stderr = objective.rows.batch(params, jnp.arange(503))
    found = objective(params)
    assert abs(value - found.value) < 1e-13 and abs(stderr - found.stderr) < 1e-13


def test_batches_of_probabilities_are_unbiased():
    """Their mean over an epoch is the loss, if all are of one size."""
    p = np.random.default_rng(0).dirichlet(np.full(16, 0.5))
    objective = objectives.measured_likelihood(Coins(4), p)
    params = objective.model.initial(0)
    batches = Batches(16, 4)
    order = batches.order(0, 0)
    means = [objective.rows.batch(params, batches.of(order, k))[0] for k in range(4)]
    assert abs(np.mean(means) - objective(params).value) < 50 * EPS


def test_the_best_parameters_on_validation_rows_are_kept():
    """Thirty rows are learned by heart: the loss of others falls, and rises again."""
    objective = objectives.measured_likelihood(Coins(WIRES), rows(0, 30))
    other = rows(1, 400)
    result = fit(objective, batch=10, epochs=60, learning_rate=0.3, validation=other, patience=None)
    judged = result.history["validation"]
    seen = judged[~np.isnan(judged)]
    assert len(seen) == 60
    least = objectives.measured_likelihood(Coins(WIRES), other)(result.params)
    assert result.validation.value == least.value == seen.min()
    assert seen[-1] > seen.min() + 1e-3
    assert result.estimate.value == objective(result.params).value


@pytest.mark.thinned(3)
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch": 100, "epochs": 2}, "all epochs done, at step 12"),
        ({"batch": 100, "steps": 7}, f"{Status.STEP_LIMIT.value}, at step 7"),
        ({"steps": 7}, f"{Status.STEP_LIMIT.value}, at step 7"),
    ],
)
def test_the_message_says_what_ended_and_which_step_is_kept(objective, settings, said):
    assert fit(objective, **settings).message == said
    chosen = fit(objective, **settings, learning_rate=3.0, validation=rows(1))
    words, place = said.split(", ")
    assert chosen.message.startswith(f"{words}; kept the best for the validation rows, of step ")
    assert chosen.message.endswith(place)


def test_a_training_ends_where_validation_rows_gain_nothing_more():
    objective = objectives.measured_likelihood(Coins(WIRES), rows(0, 30))
    settings = {"batch": 10, "epochs": 200, "learning_rate": 0.3, "validation": rows(1, 400)}
    result = fit(objective, **settings, patience=5)
    judged = result.history["validation"]
    seen = judged[~np.isnan(judged)]
    assert result.status is Status.EARLY and len(seen) < 200
    assert seen.argmin() == len(seen) - 6
    best = int(result.history["step"][np.nanargmin(judged)]) + 1  # after the update there
    cause = "stopped early: the loss of the validation rows fell no more"
    kept = f"kept the best for the validation rows, of step {best}"
    assert result.message == f"{cause}; {kept}, at step {result.steps}"


def test_a_start_that_is_best_is_kept(objective):
    start = np.log(np.linspace(0.1, 0.9, WIRES) / (1 - np.linspace(0.1, 0.9, WIRES)))
    result = fit(
        objective, params=start, batch=50, epochs=3, learning_rate=2.0, validation=rows(1, 4000)
    )
    np.testing.assert_array_equal(result.params, start)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("cut", [1, 7, 12, 13])
def test_a_training_that_was_cut_goes_on_to_the_same_bits(objective, tmp_path, cut):
    settings = {"batch": 120, "epochs": 5, "seed": 2, "validation": rows(1, 100)}
    whole = fit(objective, **settings)

    def stop(step, loss, params):
        if step >= cut:
            raise StopIteration

    path = tmp_path / "x.npz"
    first = fit(objective, **settings, checkpoint=path, callback=stop, callback_every=1)
    assert first.status is Status.STOPPED and first.steps == cut
    again = fit(objective, **settings, checkpoint=path, resume=True)
    np.testing.assert_array_equal(again.params, whole.params)
    assert again.validation == whole.validation and again.estimate == whole.estimate
    for name in ("loss", "validation", "grad_norm"):
        np.testing.assert_array_equal(again.history[name], whole.history[name])


def test_another_batch_or_other_validation_rows_are_another_training(objective, tmp_path):
    path = tmp_path / "x.npz"
    settings = {"batch": 120, "epochs": 1, "validation": rows(1, 100)}
    fit(objective, **settings, checkpoint=path)
    with pytest.raises(ValueError, match="same batch"):
        fit(objective, **(settings | {"batch": 60}), checkpoint=path, resume=True)
    with pytest.raises(ValueError, match="same validation"):
        fit(objective, **(settings | {"validation": rows(2, 100)}), checkpoint=path, resume=True)


def test_validation_goes_with_whole_batches_and_other_optimisers(objective):
    result = fit(objective, optimizer="lbfgs", validation=rows(1, 100), steps=40)
    assert result.validation is not None and result.status.converged
    result = fit(objective, optimizer=optax.sgd(0.5), batch=50, epochs=2, validation=rows(1, 100))
    assert result.optimizer["name"] != "adam" and result.steps == 22
    # Two values on the same rows, whose difference is that of the parameters alone.
    assert fit(objective, optimizer="spsa", batch=50, epochs=1).steps == 11


def test_a_born_machine_learns_from_batches():
    machine = models.BornMachine(circuits.strongly_entangling(3, 2))
    true = machine.initial(5)
    data = machine.sample(true, 2000, seed=1)
    objective = objectives.measured_likelihood(machine, data[:1500])
    settings = {"batch": 100, "epochs": 40, "learning_rate": 0.05, "validation": data[1500:]}
    result = fit(objective, **settings, patience=None)
    assert result.gap < 0.01


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch": 0}, "`batch` must be an integer >= 1"),
        ({"batch": 2.5}, "`batch` must be an integer >= 1"),
        ({"batch": 10, "optimizer": "lbfgs"}, "`optimizer` must take noisy gradients with `batch`"),
        ({"batch": 10, "epochs": 2, "steps": 3}, "`steps` and `epochs` must not both be given"),
        ({"batch": 10, "epochs": -1}, "`epochs` must be an integer from 0"),
        ({"validation": np.full((3, WIRES), 2)}, "`validation` must be bits 0 or 1"),
        ({"validation": rows(0), "patience": 0}, "`patience` must be an integer >= 1"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(objective, settings, message):
    with pytest.raises(ValueError, match=message):
        fit(objective, **settings)


def test_a_loss_without_rows_has_no_batches():
    with pytest.raises(ValueError, match="`batch` must be None here"):
        fit(lambda p: (p[0] - 3) ** 2, params=[0.0], batch=5)
    with pytest.raises(ValueError, match="`validation` must be None here"):
        fit(lambda p: (p[0] - 3) ** 2, params=[0.0], validation=rows(0))


def test_the_order_of_an_epoch_is_drawn_once_however_short_the_stretches(monkeypatch):
    """Of a million entries it takes as long as dozens of steps."""
    drawn, plain = [], Batches.order

    def counted(self, seed, epoch):
        jax.debug.callback(lambda epoch: drawn.append(int(epoch)), epoch)
        return plain(self, seed, epoch)

    monkeypatch.setattr(Batches, "order", counted)
    bits = np.random.default_rng(0).integers(0, 2, (50, 2))
    options = {"batch": 10, "steps": 12, "progress": False}

    def trained(**more):
        drawn.clear()
        machine = models.BornMachine(circuits.strongly_entangling(2, 1))
        found = qce.fit(objectives.measured_likelihood(machine, bits), **options, **more)
        jax.effects_barrier()
        return found, sorted(drawn)

    one, seen = trained(callback=lambda *step: None, callback_every=1)
    # At the start, and where an epoch of five steps begins.
    assert seen == [0, 0, 1, 2]
    np.testing.assert_array_equal(one.params, trained()[0].params)


@pytest.mark.parametrize("share", [0.2, 1, np.float32(0.2)])
def test_a_share_of_rows_is_no_validation_set(objective, share):
    with pytest.raises(qce.ArgumentError, match="must be data set apart, not how many"):
        fit(objective, batch=10, epochs=1, validation=share)


@pytest.mark.parametrize(
    ("end", "cause"),
    [(StopIteration, "stopped by the callback"), (KeyboardInterrupt, "interrupted")],
)
def test_however_a_training_ends_the_message_says_that_the_best_was_kept(end, cause):
    """Thirty rows are learned by heart: what was best for others lies far back."""

    def callback(step, loss, params):
        if step == 90:
            raise end

    likelihood = objectives.measured_likelihood(Coins(WIRES), rows(0, 30))
    settings = {"batch": 10, "epochs": 60, "learning_rate": 0.3, "patience": None}
    called = {"callback": callback, "callback_every": 30}
    result = fit(likelihood, **settings, **called, validation=rows(1, 400))
    judged = result.history["validation"]
    best = int(result.history["step"][np.nanargmin(judged)]) + 1  # after the update there
    kept = f"kept the best for the validation rows, of step {best}"
    assert best < 60 and result.message == f"{cause}; {kept}, at step 90"
    assert result.validation.value == np.nanmin(judged)
