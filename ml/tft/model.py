"""The temporal fusion transformer of pytorch-forecasting under a loss of our own, as a lightning module.

The network is pytorch-forecasting's, built directly (Lim et al. 2021); its answer is composed with the linear
forecast as `ml.runtime.fusion.compose` does, and judged by the pinball loss in standard deviations of each series.
"""

import warnings
from collections.abc import Mapping
from typing import Any, Final

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_forecasting import TemporalFusionTransformer
from torch import Tensor

from ml.runtime.features import PROFILES
from ml.runtime.fusion import OUTPUTS
from ml.runtime.inputs import BETWEEN, DECODER, ENCODER, GROUPS, LEADS, STATIC
from ml.runtime.persistence import NORMAL_LEVELS
from ml.runtime.recall import PATHS
from ml.schema import METRICS, QUANTILES
from ml.tft.examples import SCORED, STRIDE

_Q: Final = len(QUANTILES)
_DAILY: Final = _Q + len(PATHS)
_DAY: Final = _DAILY + 1
_WORST: Final = 20.0  # standard deviations of loss beyond which a window says nothing more
_STEEPEST: Final = 12.0


def _as_said(answer: dict[str, Tensor]) -> Tensor:
    """Our outputs are in units of the series already."""
    return answer["prediction"]


def network(hidden: int, heads: int, dropout: float) -> TemporalFusionTransformer:
    """An untrained network that says nothing: its output layer is zero."""
    reals = [*STATIC, *ENCODER, *DECODER]
    with warnings.catch_warnings():  # it saves two of its modules as hyperparameters and says so
        warnings.simplefilter("ignore", UserWarning)
        made = _transformer(hidden, heads, dropout, reals)
    torch.nn.init.zeros_(made.output_layer.weight)
    torch.nn.init.zeros_(made.output_layer.bias)
    return made


def _transformer(hidden: int, heads: int, dropout: float, reals: list[str]) -> TemporalFusionTransformer:
    return TemporalFusionTransformer(
        hidden_size=hidden, attention_head_size=heads, dropout=dropout, hidden_continuous_size=8, lstm_layers=1,
        output_size=OUTPUTS, max_encoder_length=len(GROUPS), static_categoricals=["metric", "profile"],
        static_reals=list(STATIC), time_varying_reals_encoder=list(ENCODER), time_varying_reals_decoder=list(DECODER),
        x_reals=reals, x_categoricals=["metric", "profile"],
        embedding_sizes={"metric": (len(METRICS), 8), "profile": (len(PROFILES), 8)}, output_transformer=_as_said,
        logging_metrics=torch.nn.ModuleList(),
    )  # fmt: skip


class Fused(lightning.LightningModule):
    """The network with its composition and loss; batches are dicts of tensors named as `Examples`' fields."""

    between: Tensor
    levels: Tensor
    quantiles: Tensor

    def __init__(
        self, hidden: int = 16, heads: int = 2, dropout: float = 0.0, rate: float = 4e-3, steps: int = 1
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = network(hidden, heads, dropout)
        self.rate, self.steps = rate, steps
        between = torch.from_numpy(np.stack([BETWEEN[offset::STRIDE] for offset in range(STRIDE)]))
        self.register_buffer("between", between, persistent=False)  # [STRIDE, SCORED, LEADS]
        self.register_buffer("levels", torch.from_numpy(NORMAL_LEVELS), persistent=False)
        self.register_buffer("quantiles", torch.tensor(QUANTILES), persistent=False)

    def say(self, batch: dict[str, Tensor]) -> Tensor:
        """What the network says, [n, LEADS, OUTPUTS]."""
        count, dtype = len(batch["static"]), self.net.output_layer.weight.dtype
        static = batch["static"].to(dtype)
        encoder, decoder = (batch[name].to(dtype).transpose(1, 2) for name in ("encoder", "decoder"))
        past = torch.cat([
            static[:, None].expand(-1, len(GROUPS), -1), encoder, encoder.new_zeros(count, len(GROUPS), len(DECODER)),
        ], dim=2)  # fmt: skip
        future = torch.cat([
            static[:, None].expand(-1, len(LEADS), -1), decoder.new_zeros(count, len(LEADS), len(ENCODER)), decoder,
        ], dim=2)  # fmt: skip
        category = torch.stack([batch["metric"], batch["profile"]], dim=1).long()[:, None]
        lengths = torch.full((count,), len(GROUPS), device=static.device)
        answer = self.net({
            "encoder_cat": category.expand(-1, len(GROUPS), -1), "decoder_cat": category.expand(-1, len(LEADS), -1),
            "encoder_cont": past, "decoder_cont": future, "encoder_lengths": lengths,
            "decoder_lengths": torch.full_like(lengths, len(LEADS)), "target_scale": static.new_ones(count, 2),
        })  # fmt: skip
        said: Tensor = answer["prediction"]
        return said

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Quantiles [n, SCORED, Q] in units of each series, not yet ordered."""
        said = self.between[batch["offset"].long()] @ self.say(batch)  # [n, SCORED, OUTPUTS]
        centre, spread, fan = (batch[name].float() for name in ("centre", "spread", "fan"))
        paths = batch["paths"].float().transpose(1, 2)  # [n, SCORED, PATHS]
        moved = ((paths - centre[..., None]) * said[..., _Q:_DAILY]).sum(dim=2)
        day = said[..., _DAY:]
        daily = said[..., _DAILY:_DAY] * batch["daily"].float()[..., None] * self.levels
        linear = centre[..., None] + spread[..., None] * fan
        habit = day * (batch["day"].float()[:, None] - linear)
        return linear + moved[..., None] + spread[..., None] * said[..., :_Q] + daily + habit

    def loss(self, batch: dict[str, Tensor]) -> Tensor:
        """Mean pinball loss of what would be served, in standard deviations of what was measured."""
        target = batch["target"].float()
        known = torch.isfinite(target)
        truth, said = self.measured(torch.nan_to_num(target)[..., None], batch), self.measured(self(batch), batch)
        miss = truth - said
        pinball = torch.maximum(self.quantiles * miss, (self.quantiles - 1.0) * miss).mean(dim=2)
        return (pinball.clamp(max=_WORST) * known).sum() / known.sum().clamp(min=1)

    @staticmethod
    def measured(y: Tensor, batch: dict[str, Tensor]) -> Tensor:
        """[n, SCORED, ...] in units of each series as standard deviations of what was measured, but for a constant."""
        slope, exponent, low, high = (one[:, None, None] for one in batch["cost"].unbind(dim=1))
        y = torch.minimum(torch.maximum(y, low), high)
        grown = torch.exp((exponent * y).clamp(max=_STEEPEST))
        return slope * torch.where(exponent > 0.0, grown, y)

    def training_step(self, batch: dict[str, Tensor], _index: int) -> Tensor:
        loss = self.loss(batch)
        self.log("train_pinball", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: dict[str, Tensor], _index: int) -> None:
        self.log("val_pinball", self.loss(batch), prog_bar=True, batch_size=len(batch["static"]))

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(self.net.parameters(), lr=self.rate, weight_decay=1e-4)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=self.steps, pct_start=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


assert len(BETWEEN) == SCORED * STRIDE


def rebuilt(tensors: Mapping[str, NDArray[np.generic]]) -> Fused:
    """The reference model with an artefact's weights, ready to be asked."""
    heads = sum(name.startswith("multihead_attn.q_layers.") and name.endswith(".weight") for name in tensors)
    module = Fused(tensors["output_layer.weight"].shape[1], heads)
    module.net.load_state_dict({name: torch.from_numpy(np.array(one)) for name, one in tensors.items()})
    return module.eval()
