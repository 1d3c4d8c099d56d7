//go:build !purego

#include "textflag.h"

DATA places<>+0(SB)/8, $0x0706050403020100
DATA places<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA places<>+16(SB)/8, $0x1716151413121110
DATA places<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA places<>+32(SB)/8, $0x2726252423222120
DATA places<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA places<>+48(SB)/8, $0x3736353433323130
DATA places<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL places<>(SB), RODATA|NOPTR, $64

// PLACES stores the places of the bits of a mask, of which there are at most 32, as
// doublewords. Z16 has the numbers from 0, Z17 the place of the first bit.
#define PLACES(mask, at)                  \
	VPCOMPRESSB.Z  Z16, mask, Z1  \
	VPMOVZXBD      X1, Z2         \
	VEXTRACTI32X4  $1, Z1, X3     \
	VPMOVZXBD      X3, Z3         \
	VPADDD         Z17, Z2, Z2    \
	VPADDD         Z17, Z3, Z3    \
	VMOVDQU32      Z2, (at)       \
	VMOVDQU32      Z3, 64(at)

// func edges(starts, ends *int32, flags *uint8, blocks *block, n int) int
TEXT ·edges(SB), NOSPLIT, $0-48
	MOVQ starts+0(FP), DI
	MOVQ ends+8(FP), SI
	MOVQ flags+16(FP), DX
	MOVQ blocks+24(FP), BX
	MOVQ n+32(FP), CX
	XORQ R8, R8   // whether the block before ends inside a run
	XORQ R9, R9   // or in what flags stand for
	XORQ R10, R10 // where the block begins
	VMOVDQU8 places<>(SB), Z16

next:
	VPBROADCASTD R10, Z17
	MOVQ   0(BX), AX
	ORQ    8(BX), AX
	ORQ    16(BX), AX
	ORQ    24(BX), AX
	LEAQ   (R8)(AX*2), R11
	MOVQ   AX, R8
	SHRQ   $63, R8
	MOVQ   R11, R13
	NOTQ   R13
	ANDQ   AX, R13
	NOTQ   AX
	ANDQ   R11, AX
	MOVQ   AX, R14
	MOVQ   48(BX), AX
	LEAQ   (R9)(AX*2), R11
	MOVQ   AX, R9
	SHRQ   $63, R9
	KMOVQ  R13, K1
	KMOVQ  R14, K2
	KMOVQ  R11, K3
	PLACES(K1, DI)
	PLACES(K2, SI)
	VPMOVM2B      K3, Z1
	VPABSB        Z1, Z1 // 1 is flagSome
	VPCOMPRESSB.Z Z1, K1, Z1
	VMOVDQU       Y1, (DX)
	POPCNTQ R13, R13
	POPCNTQ R14, R14
	LEAQ    (DI)(R13*4), DI
	LEAQ    (SI)(R14*4), SI
	ADDQ    R13, DX
	ADDQ    $64, R10
	ADDQ    $56, BX
	DECQ    CX
	JNZ     next
	SUBQ    starts+0(FP), DI
	SHRQ    $2, DI
	MOVQ    DI, ret+40(FP)
	VZEROUPPER
	RET

DATA eights<>+0(SB)/8, $8
DATA eights<>+8(SB)/8, $64
DATA eights<>+16(SB)/8, $0xFF
DATA eights<>+24(SB)/8, $0x022d // two letters, and -
DATA eights<>+32(SB)/8, $0x042e // four letters, and .
DATA eights<>+40(SB)/8, $0xc0c0c0c0c0c0c0c0
DATA eights<>+48(SB)/8, $0x4040404040404040
DATA eights<>+56(SB)/8, $0x2020202020202020
DATA eights<>+64(SB)/8, $0x9e3779b97f4a7c15 // odd
DATA eights<>+72(SB)/8, $2047 // tellersSize - 1
DATA eights<>+80(SB)/8, $63
DATA eights<>+88(SB)/8, $1
DATA eights<>+96(SB)/8, $0xf0f0f0f0f0f0f0f0
DATA eights<>+104(SB)/8, $0x3030303030303030
GLOBL eights<>(SB), RODATA|NOPTR, $112

// func judge(flags *uint8, starts, ends *int32, n int, text *byte, last int, tellers *[tellersSize]uint64)
TEXT ·judge(SB), NOSPLIT, $0-56
	MOVQ flags+0(FP), DI
	MOVQ starts+8(FP), SI
	MOVQ ends+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ text+32(FP), R8
	MOVQ tellers+48(FP), R9
	MOVQ $0x0101010101010101, R10
	VPBROADCASTQ last+40(FP), Z16
	VPBROADCASTQ eights<>+0(SB), Z17
	VPBROADCASTQ eights<>+8(SB), Z18
	VPBROADCASTQ eights<>+16(SB), Z19
	VPBROADCASTQ eights<>+24(SB), Z20
	VPBROADCASTQ eights<>+32(SB), Z21
	VPBROADCASTQ eights<>+40(SB), Z22
	VPBROADCASTQ eights<>+48(SB), Z23
	VPBROADCASTQ eights<>+56(SB), Z24
	VPBROADCASTQ eights<>+64(SB), Z25
	VPBROADCASTQ eights<>+72(SB), Z26
	VPBROADCASTQ eights<>+80(SB), Z27
	VPBROADCASTQ eights<>+88(SB), Z28
	VPBROADCASTQ eights<>+96(SB), Z29
	VPBROADCASTQ eights<>+104(SB), Z30
	JMP  more

	// Eight runs: Z0 has where they begin, Z2 their lengths, Z3 their bytes, Z4 how
	// many bits of those are not theirs.
next:
	VPMOVZXDQ  (SI), Z0
	VPMOVZXDQ  (DX), Z1
	VPSUBQ     Z0, Z1, Z2
	VPCMPUQ    $2, Z16, Z0, K1
	VPCMPUQ    $2, Z17, Z2, K2
	KANDW      K1, K2, K1
	KMOVW      K1, K3
	VPXORQ     Z3, Z3, Z3
	VPGATHERQQ (R8)(Z0*1), K3, Z3

	// What is behind a run, below its length.
	VPSLLQ     $3, Z2, Z4
	VPSRLVQ    Z4, Z3, Z5
	VPANDQ     Z19, Z5, Z5
	VPSLLQ     $8, Z2, Z6
	VPORQ      Z6, Z5, Z5
	VPCMPEQQ   Z20, Z5, K4
	VPCMPEQQ   Z21, Z5, K5
	KORW       K4, K5, K4

	// Letters only, and a small one.
	VPSUBQ     Z4, Z18, Z4
	VPORQ      Z24, Z3, Z6
	VPSLLVQ    Z4, Z3, Z3
	VPSRLVQ    Z4, Z3, Z3
	VPANDQ     Z22, Z3, Z5
	VPSLLVQ    Z4, Z23, Z7
	VPSRLVQ    Z4, Z7, Z7
	VPCMPUQ    $4, Z7, Z5, K5
	KORW       K4, K5, K4
	VPTESTNMQ  Z24, Z3, K5
	KORW       K4, K5, K4

	// Or digits only.
	VPANDQ     Z29, Z3, Z5
	VPSLLVQ    Z4, Z30, Z7
	VPSRLVQ    Z4, Z7, Z7
	VPCMPEQQ   Z7, Z5, K6
	KANDW      K1, K6, K6

	// The hash of the small letters.
	VPSLLVQ    Z4, Z6, Z6
	VPSRLVQ    Z4, Z6, Z6
	VPMULLQ    Z25, Z6, Z6
	VPSRLQ     $32, Z6, Z6
	VPSRLQ     $6, Z6, Z7
	VPANDQ     Z26, Z7, Z7
	VPXORQ     Z5, Z5, Z5
	KMOVW      K1, K3
	VPGATHERQQ (R9)(Z7*8), K3, Z5
	VPANDQ     Z27, Z6, Z6
	VPSRLVQ    Z6, Z5, Z5
	VPTESTMQ   Z28, Z5, K5
	KORW       K4, K5, K4

	KNOTW      K1, K1
	KORW       K4, K1, K4
	KMOVW      K4, AX
	PDEPQ      R10, AX, AX
	ORQ        (DI), AX
	KMOVW      K6, BX // flagDigits, and nothing else
	PDEPQ      R10, BX, BX
	MOVQ       BX, R11
	SHLQ       $8, R11
	SUBQ       BX, R11
	NOTQ       R11
	ANDQ       R11, AX
	LEAQ       (AX)(BX*2), AX
	MOVQ       AX, (DI)
	ADDQ       $8, DI
	ADDQ       $32, SI
	ADDQ       $32, DX
	SUBQ       $8, CX

more:
	CMPQ CX, $0
	JGT  next
	VZEROUPPER
	RET
