/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arp.h - answers ARP for mapped addresses, at TC.
 *
 * Why in the datapath: so that a mapped address appears and vanishes with the
 * policy, and leaves no proxy entry behind in the system.
 *
 * Who may include it: the TC entry point.
 *
 * RFC 826; RFC 5227 (a probe, with sender 0.0.0.0, must be answered; an
 * announcement, with sender equal to target, must not).
 */
#ifndef PINHOLE_BPF_ARP_H
#define PINHOLE_BPF_ARP_H

#include <linux/if_packet.h>

#include "nat.h"

struct arp_ipv4 {
	__be16 hardware_type;
	__be16 protocol_type;
	__u8 hardware_len;
	__u8 protocol_len;
	__be16 operation;
	__u8 sender_mac[ETH_ALEN];
	__u8 sender_ip[4];
	__u8 target_mac[ETH_ALEN];
	__u8 target_ip[4];
} __attribute__((packed));

#define ARP_REQUEST 1
#define ARP_REPLY   2

/*
 * Turn a request for a mapped address into its reply, in place; tags, in the
 * frame or beside it, stay as they are.
 * Return: PH_REPLY, or PH_TO_BOX for every other ARP packet.
 */
static __always_inline enum ph_reason arp_answer(struct __sk_buff *skb,
						 const struct flow *f)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct arp_ipv4 *arp = data + (f->w->pkt.l3_off & 31);
	struct nat_value *mapped;
	struct ph_addr *target = &f->w->real_dst; /* free: no IP packet is in hand */
	__be32 sender_ip, target_ip;

	if ((void *)(eth + 1) > data_end || (void *)(arp + 1) > data_end ||
	    skb->pkt_type == PACKET_OTHERHOST)
		return PH_TO_BOX;
	if (arp->hardware_type != __builtin_bswap16(1) ||
	    arp->protocol_type != __builtin_bswap16(ETH_P_IP) ||
	    arp->hardware_len != ETH_ALEN || arp->protocol_len != 4 ||
	    arp->operation != __builtin_bswap16(ARP_REQUEST))
		return PH_TO_BOX;
	__builtin_memcpy(&sender_ip, arp->sender_ip, 4);
	__builtin_memcpy(&target_ip, arp->target_ip, 4);
	if (sender_ip == target_ip)
		return PH_TO_BOX;
	pkt_addr_v4(target, target_ip);
	if (pkt_addr_equal(target,
			   &f->in->own4)) /* the kernel answers, and once will do */
		return PH_TO_BOX;
	mapped = nat_find_in(f->w, f->slot, f->in->id, target);
	if (!mapped || !mapped->proxy_arp)
		return PH_TO_BOX;

	__builtin_memcpy(eth->h_dest, arp->sender_mac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, f->in->mac, ETH_ALEN);
	arp->operation = __builtin_bswap16(ARP_REPLY);
	__builtin_memcpy(arp->target_mac, arp->sender_mac, ETH_ALEN);
	__builtin_memcpy(arp->sender_mac, f->in->mac, ETH_ALEN);
	__builtin_memcpy(arp->target_ip, &sender_ip, 4);
	__builtin_memcpy(arp->sender_ip, &target_ip, 4);
	event_count(PH_EV_ARP_ANSWERED);
	return PH_REPLY;
}

#endif /* PINHOLE_BPF_ARP_H */
