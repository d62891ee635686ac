"""The temporal fusion transformer at serving time: from inputs to what it says at each of the decoder's leads.

Equals pytorch-forecasting's model of the same weights to 1e-4 (tested). `Looked` is what explains a forecast: how
much each variable counted, and which stretches of the past were attended to. After Lim et al. (2021).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.runtime.inputs import DECODER, ENCODER, GROUPS, LEADS, STATIC, Inputs
from ml.runtime.network import Linear, Reader, Tensors, glu, sigmoid, softmax
from ml.runtime.selection import Selection

CATEGORIES: Final = ("metric", "profile")


@dataclass(frozen=True, slots=True)
class Looked:
    """What the model looked at, never a cause: weights [CATEGORIES + STATIC, B], [ENCODER, GROUPS, B],
    [DECODER, LEADS, B], and attention [LEADS, GROUPS + LEADS, B]; each sums to one over its first axis, attention
    over its second."""

    static: Floats
    encoder: Floats
    decoder: Floats
    attention: Floats


class _Lstm:
    """One layer; the gates' order is input, forget, cell, output."""

    def __init__(self, read: Reader, name: str) -> None:
        bias = read.tensor(f"{name}.bias_ih_l0") + read.tensor(f"{name}.bias_hh_l0")
        self._given = Linear(read.tensor(f"{name}.weight_ih_l0"), bias[:, None])
        self._kept = read.tensor(f"{name}.weight_hh_l0")

    def __call__(self, x: Floats, hidden: Floats, cell: Floats) -> tuple[Floats, Floats, Floats]:
        """Outputs [H, steps, B] of x [H, steps, B], and the last hidden and cell state."""
        gates, size = self._given(x), len(hidden)
        out = np.empty_like(x)
        for step in range(x.shape[1]):
            now = gates[:, step] + self._kept @ hidden
            sure = sigmoid(now)  # of all four; the third is wanted as a tanh and is taken before
            cell = sure[size : 2 * size] * cell + sure[:size] * np.tanh(
                gates[2 * size : 3 * size, step] + self._kept[2 * size : 3 * size] @ hidden
            )
            hidden = sure[3 * size :] * np.tanh(cell)
            out[:, step] = hidden
        return out, hidden, cell


class Tft:
    """The network with its weights, kept as `tensors`; thread-safe, since it only reads."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        read = Reader(tensors)
        self._static = Selection(read, "static_variable_selection", STATIC, CATEGORIES)
        self._encoder = Selection(read, "encoder_variable_selection", ENCODER)
        self._decoder = Selection(read, "decoder_variable_selection", DECODER)
        self._contexts = [
            read.residual(f"static_context_{one}")
            for one in ("variable_selection", "initial_hidden_lstm", "initial_cell_lstm", "enrichment")
        ]
        self._past, self._future = _Lstm(read, "lstm_encoder"), _Lstm(read, "lstm_decoder")
        self._after_lstm = read.linear("post_lstm_gate_encoder.fc")
        self._after_lstm_norm = read.norm("post_lstm_add_norm_encoder.norm")
        self._enrich = read.residual("static_enrichment")
        heads = [name for name in tensors if name.startswith("multihead_attn.q_layers.") and name.endswith(".weight")]
        self._queries = [read.linear(f"multihead_attn.q_layers.{one}") for one in range(len(heads))]
        self._keys = [read.linear(f"multihead_attn.k_layers.{one}") for one in range(len(heads))]
        self._values, self._mix = read.linear("multihead_attn.v_layer"), read.tensor("multihead_attn.w_h.weight")
        self._after_attention = read.gate("post_attn_gate_norm")
        self._feed = read.residual("pos_wise_ff")
        self._last = read.gate("pre_output_gate_norm")
        self._out = read.linear("output_layer")

        self.flop = _flop(tensors)
        """Multiplications and additions of the matrix products for one series, as pytorch-forecasting does them."""

    def __call__(self, given: Inputs) -> tuple[Floats, Looked]:
        """What the model says, [outputs, LEADS, B], and what it looked at."""
        static, static_weights = self._static(given.static, chosen=(given.metric, given.profile))
        selecting, hidden, cell, enriching = (one(static) for one in self._contexts)
        past, past_weights = self._encoder(given.encoder, selecting)
        future, future_weights = self._decoder(given.decoder, selecting)
        before, hidden, cell = self._past(past, hidden, cell)
        after, _, _ = self._future(future, hidden, cell)
        both = np.concatenate([before, after], axis=1)
        both = self._after_lstm_norm(glu(self._after_lstm(both)) + np.concatenate([past, future], axis=1))
        enriched = self._enrich(both, enriching)
        attended, attention = self._attend(enriched)
        leads = slice(len(GROUPS), None)
        fed = self._feed(self._after_attention(attended, enriched[:, leads]))
        said = self._out(self._last(fed, both[:, leads]))
        return said, Looked(static_weights, past_weights, future_weights, attention)

    def _attend(self, x: Floats) -> tuple[Floats, Floats]:
        """Interpretable attention of the leads over past and earlier leads: [H, LEADS, B] and [LEADS, steps, B]."""
        asked, steps = x[:, len(GROUPS) :], x.shape[1]
        hidden = np.arange(steps) >= len(GROUPS) + np.arange(asked.shape[1])[:, None]  # itself and what comes after
        shares = []
        for ask, key in zip(self._queries, self._keys, strict=True):
            q, k = ask(np.ascontiguousarray(asked)), key(x)
            scores = np.zeros((asked.shape[1], steps, x.shape[2]), np.float32)
            for feature in range(len(q)):
                scores += q[feature][:, None] * k[feature][None]
            scores *= np.float32(len(q) ** -0.5)
            scores[hidden] = -1e9
            shares.append(softmax(scores.transpose(1, 0, 2)).transpose(1, 0, 2))
        share = sum(shares[1:], start=shares[0]) * np.float32(1.0 / len(shares))
        values = self._values(x)
        mixed = np.stack([np.einsum("lsb,sb->lb", share, one) for one in values])
        size = mixed.shape
        return (self._mix @ mixed.reshape(size[0], -1)).reshape(-1, *size[1:]), share


def _flop(tensors: Tensors) -> int:
    """Twice every matrix's size, at each step that it is applied to."""
    both = len(GROUPS) + len(LEADS)
    once = ("static_variable", "static_context", "prescalers", "input_embeddings")
    steps = {"encoder_variable": len(GROUPS), "lstm_encoder": len(GROUPS), "decoder_variable": len(LEADS),
             "lstm_decoder": len(LEADS), "post_attn": len(LEADS), "pos_wise": len(LEADS), "pre_output": len(LEADS),
             "output_layer": len(LEADS)} | dict.fromkeys(once, 1)  # fmt: skip
    return sum(
        2 * tensor.size * next((count for start, count in steps.items() if name.startswith(start)), both)
        for name, tensor in tensors.items() if tensor.ndim == 2
    )  # fmt: skip
