//go:build !purego

#include "textflag.h"

// A byte is one of these if it is what stands at its low nibble's place; the
// other places hold what has another low nibble.
DATA stops<>+0(SB)/8, $0x0000000000002101 // !
DATA stops<>+8(SB)/8, $0x3f2e007c3b0a0000 // \n ; | . ?
GLOBL stops<>(SB), RODATA|NOPTR, $16

DATA marks<>+0(SB)/8, $0x0000000000000040 // @
DATA marks<>+8(SB)/8, $0x00000000003a0000 // :
GLOBL marks<>(SB), RODATA|NOPTR, $16

#define EVERY(byte, to)         \
	MOVL         $byte, AX  \
	VPBROADCASTB AX, to

// WITHIN stores a bit for each byte from low on, count of them.
#define WITHIN(low, count, at)  \
	VPSUBB  low, Z0, Z1      \
	VPCMPUB $1, count, Z1, K1 \
	KMOVQ   K1, at(DI)

// func classify(blocks *block, text *byte, n int)
TEXT ·classify(SB), NOSPLIT, $0-24
	MOVQ blocks+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ n+16(FP), CX
	EVERY(0x30, Z16)
	EVERY(10, Z17)
	EVERY(0x41, Z18)
	EVERY(26, Z19)
	EVERY(0x61, Z20)
	EVERY(0xC2, Z21)
	EVERY(0xE2, Z22)
	EVERY(0xE3, Z23)
	EVERY(0xEF, Z24)
	EVERY(0xB9, Z25)
	VBROADCASTI32X4 marks<>(SB), Z26
	VBROADCASTI32X4 stops<>(SB), Z27

next:
	CMPQ      CX, $64
	JLT       part
	VMOVDQU8  (SI), Z0

whole:
	WITHIN(Z16, Z17, 0)
	WITHIN(Z18, Z19, 8)
	WITHIN(Z20, Z19, 16)
	VPMOVB2M  Z0, K2
	KMOVQ     K2, 24(DI)
	VPCMPEQB  Z21, Z0, K1
	VPCMPEQB  Z22, Z0, K2
	VPCMPEQB  Z23, Z0, K3
	VPCMPEQB  Z24, Z0, K4
	VPCMPEQB  Z25, Z0, K5
	KORQ      K1, K2, K1
	KORQ      K3, K4, K3
	KORQ      K1, K5, K1
	KORQ      K1, K3, K1
	KMOVQ     K1, 32(DI)
	VPSHUFB   Z0, Z26, Z1
	VPCMPEQB  Z1, Z0, K1
	KMOVQ     K1, 40(DI)
	VPSHUFB   Z0, Z27, Z1
	VPCMPEQB  Z1, Z0, K1
	KMOVQ     K1, 48(DI)
	ADDQ      $56, DI
	ADDQ      $64, SI
	SUBQ      $64, CX
	JGT       next
	VZEROUPPER
	RET

	// The last bytes, fewer than a block: what is behind them is not read.
part:
	MOVQ        $-1, AX
	SHLQ        CX, AX
	NOTQ        AX
	KMOVQ       AX, K7
	VMOVDQU8.Z  (SI), K7, Z0
	JMP         whole
