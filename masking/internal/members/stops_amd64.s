//go:build !purego

#include "textflag.h"

// func stopsOf(stops, src *byte, n int) (wide bool)
TEXT ·stopsOf(SB), NOSPLIT, $0-25
	MOVQ stops+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVL $0x22, AX
	VPBROADCASTB AX, Z1
	MOVL $0x5c, AX
	VPBROADCASTB AX, Z2
	MOVL $0x20, AX
	VPBROADCASTB AX, Z3
	VPXORQ Z4, Z4, Z4 // all bytes, one over the other
	SUBQ $64, CX
	JLT  last

block:
	VMOVDQU64 (SI), Z0
	VPCMPEQB Z1, Z0, K1
	VPCMPEQB Z2, Z0, K2
	VPCMPUB  $1, Z3, Z0, K3
	VPORQ    Z0, Z4, Z4
	KORQ     K1, K2, K1
	KORQ     K1, K3, K1
	KMOVQ    K1, (DI)
	ADDQ     $64, SI
	ADDQ     $8, DI
	SUBQ     $64, CX
	JGE      block

last:
	XORL  AX, AX
	ADDQ  $64, CX
	JEQ   done
	MOVQ  $-1, AX
	NEGQ  CX
	SHRQ  CX, AX // the lowest n of 64, for n from 1 to 63
	KMOVQ AX, K4
	VMOVDQU8.Z (SI), K4, Z0
	VPCMPEQB Z1, Z0, K1
	VPCMPEQB Z2, Z0, K2
	VPCMPUB  $1, Z3, Z0, K3
	VPORQ    Z0, Z4, Z4
	KORQ     K1, K2, K1
	KORQ     K1, K3, K1
	KANDQ    K1, K4, K1
	KMOVQ    K1, (DI)
	ADDQ     $8, DI
	XORL     AX, AX

done:
	MOVQ AX, (DI)
	VPMOVB2M Z4, K1
	KORTESTQ K1, K1
	SETNE wide+24(FP)
	VZEROUPPER
	RET

// UTF-8 is checked as Keiser and Lemire do in "Validating UTF-8 in less than one
// instruction per byte": for each pair of bytes three tables, by the upper half of
// the first, its lower half and the upper half of the second, name what may be
// wrong; what all three name is. The bits: 1 a byte is missing, 2 there is one too
// many, 4 three bytes where fewer do, 8 above U+10FFFF, 16 a surrogate, 32 two bytes
// where one does, 64 four bytes where fewer do or far above U+10FFFF, 128 two bytes
// that only continue, which are right behind the first of three or four.
DATA firstHigh<>+0(SB)/8, $0x0202020202020202
DATA firstHigh<>+8(SB)/8, $0x4915012180808080
GLOBL firstHigh<>(SB), RODATA|NOPTR, $16
DATA firstLow<>+0(SB)/8, $0xcbcbcb8b8383a3e7
DATA firstLow<>+8(SB)/8, $0xcbcbdbcbcbcbcbcb
GLOBL firstLow<>(SB), RODATA|NOPTR, $16
DATA secondHigh<>+0(SB)/8, $0x0101010101010101
DATA secondHigh<>+8(SB)/8, $0x01010101babaaee6
GLOBL secondHigh<>(SB), RODATA|NOPTR, $16

// CHECK adds to Z16 what is wrong in the block Z0, of which Z1 is the block before.
#define CHECK                             \
	VALIGND     $12, Z1, Z0, Z2       \
	VPALIGNR    $15, Z2, Z0, Z3       \
	VPALIGNR    $14, Z2, Z0, Z4       \
	VPALIGNR    $13, Z2, Z0, Z5       \
	VPSRLW      $4, Z3, Z6            \
	VPANDQ      Z15, Z6, Z6           \
	VPANDQ      Z15, Z3, Z7           \
	VPSRLW      $4, Z0, Z8            \
	VPANDQ      Z15, Z8, Z8           \
	VPSHUFB     Z6, Z10, Z6           \
	VPSHUFB     Z7, Z11, Z7           \
	VPSHUFB     Z8, Z12, Z8           \
	VPTERNLOGQ  $0x80, Z6, Z7, Z8     \
	VPSUBUSB    Z13, Z4, Z4           \
	VPSUBUSB    Z14, Z5, Z5           \
	VPORQ       Z4, Z5, Z4            \
	VPANDQ      Z17, Z4, Z4           \
	VPXORQ      Z4, Z8, Z8            \
	VPORQ       Z8, Z16, Z16          \
	VMOVDQA64   Z0, Z1

// func validUTF8(src *byte, n int) bool
TEXT ·validUTF8(SB), NOSPLIT, $0-17
	MOVQ src+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTI32X4 firstHigh<>(SB), Z10
	VBROADCASTI32X4 firstLow<>(SB), Z11
	VBROADCASTI32X4 secondHigh<>(SB), Z12
	MOVL $0x60, AX // what is 0x80 or more without it begins three bytes
	VPBROADCASTB AX, Z13
	MOVL $0x70, AX // or four
	VPBROADCASTB AX, Z14
	MOVL $0x0f, AX
	VPBROADCASTB AX, Z15
	MOVL $0x80, AX
	VPBROADCASTB AX, Z17
	VPXORQ Z16, Z16, Z16
	VPXORQ Z1, Z1, Z1
	SUBQ $64, CX
	JLT  last

block:
	VMOVDQU64 (SI), Z0
	CHECK
	ADDQ $64, SI
	SUBQ $64, CX
	JGE  block

last:
	ADDQ  $64, CX
	JEQ   done
	MOVQ  $-1, AX
	NEGQ  CX
	SHRQ  CX, AX
	KMOVQ AX, K1
	VMOVDQU8.Z (SI), K1, Z0
	CHECK

done:
	VPTESTMB Z16, Z16, K1
	KORTESTQ K1, K1
	SETEQ ret+16(FP)
	VZEROUPPER
	RET
