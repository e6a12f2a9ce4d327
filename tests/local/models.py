"""Two models that were never taught anything: a few thousand random weights, the same at every run.

Both read bytes, and both can say only letters: the weights behind every other token of the answer are zero.
"""

import gguf
import numpy
import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SEED = 1
WIDTH, INNER, LAYERS, HEADS = 32, 64, 2, 2
CONTEXT = 16384
LETTERS = [chr(letter) for letter in range(ord("a"), ord("z") + 1)]
TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def for_transformers(folder):
    """A folder as `transformers serve` takes it in place of a name."""
    vocabulary = ["<end>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    ids = {token: id for id, token in enumerate(vocabulary)}
    inner = Tokenizer(BPE(vocab=ids, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", pad_token="<end>")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)

    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        bos_token_id=None,
        eos_token_id=ids["<end>"],
        pad_token_id=ids["<end>"],
    )
    model = LlamaForCausalLM(config)
    silent = [id for token, id in ids.items() if token not in LETTERS]
    with torch.no_grad():
        model.lm_head.weight[silent] = 0.0
    model.save_pretrained(folder)


def for_llama_cpp(path):
    """A GGUF file."""
    vocabulary = ["<unknown>", "<begin>", "<end>", *(f"<0x{byte:02X}>" for byte in range(256)), *LETTERS]
    kinds = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * 2]
    kinds += [gguf.TokenType.BYTE] * 256 + [gguf.TokenType.NORMAL] * len(LETTERS)
    file = gguf.GGUFWriter(path, "llama")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_feed_forward_length(INNER)
    file.add_block_count(LAYERS)
    file.add_head_count(HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_vocab_size(len(vocabulary))
    file.add_tokenizer_model("llama")
    file.add_token_list(vocabulary)
    file.add_token_scores([0.0] * len(vocabulary))
    file.add_token_types(kinds)
    file.add_unk_token_id(0)
    file.add_bos_token_id(1)
    file.add_eos_token_id(2)
    file.add_chat_template(TEMPLATE)

    chance = numpy.random.default_rng(SEED)

    def weights(*shape):
        return (chance.standard_normal(shape) * 0.02).astype(numpy.float32)

    output = weights(len(vocabulary), WIDTH)
    output[: -len(LETTERS)] = 0.0
    file.add_tensor("token_embd.weight", weights(len(vocabulary), WIDTH))
    file.add_tensor("output.weight", output)
    file.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            file.add_tensor(f"blk.{layer}.{name}.weight", weights(WIDTH, WIDTH))
        for name in ("ffn_gate", "ffn_up"):
            file.add_tensor(f"blk.{layer}.{name}.weight", weights(INNER, WIDTH))
        file.add_tensor(f"blk.{layer}.ffn_down.weight", weights(WIDTH, INNER))
        for name in ("attn_norm", "ffn_norm"):
            file.add_tensor(f"blk.{layer}.{name}.weight", numpy.ones(WIDTH, numpy.float32))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
